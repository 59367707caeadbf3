//! How long something takes.

use std::f64::consts::TAU;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::draw::{Chance, purpose};
use crate::setting::{LONGEST, SettingError, duration, written};

/// How long something takes: always the same, or as chance has it. What comes out below 0 is 0, and nothing takes more than
/// 10 years.
///
/// Written as text, as the command line has it: `20ms`, `uniform:10ms..50ms`, `normal:40ms,10ms`, `lognormal:20ms,0.5`.
///
/// ```
/// use std::time::Duration;
/// use smsc_sim::Delay;
///
/// assert_eq!("2s".parse(), Ok(Delay::Fixed(Duration::from_secs(2))));
/// let error = "unifrom:1s..2s".parse::<Delay>().unwrap_err();
/// assert_eq!(error.to_string(), "unknown distribution `unifrom`, did you mean `uniform`?");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Delay {
    /// Always so long.
    Fixed(Duration),
    /// Anything from `min` to `max`, all alike.
    Uniform {
        /// The least.
        min: Duration,
        /// The most; taken for `min` if it is less.
        max: Duration,
    },
    /// Around a mean, as often above as below.
    Normal {
        /// The mean.
        mean: Duration,
        /// The standard deviation.
        deviation: Duration,
    },
    /// Never below 0, at times far above: what networks do. Its logarithm is normally distributed.
    LogNormal {
        /// Half are below, half above.
        median: Duration,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
}

impl Delay {
    pub(crate) fn draw(self, chance: Chance) -> Duration {
        let seconds = match self {
            Self::Fixed(delay) => return delay.min(LONGEST),
            Self::Uniform { min, max } => {
                let (min, max) = (min.as_secs_f64(), max.as_secs_f64());
                min + chance.unit(purpose::DELAY) * (max - min).max(0.0)
            }
            Self::Normal { mean, deviation } => mean.as_secs_f64() + deviation.as_secs_f64() * normal(chance),
            Self::LogNormal { median, sigma } => median.as_secs_f64() * (sigma * normal(chance)).exp(),
        };
        // Whole microseconds: what two machines may calculate differently is rounded off.
        let microseconds = (seconds * 1e6).round();
        let longest = LONGEST.as_micros() as f64;
        // NaN, of a sigma that is none, is no delay either.
        Duration::from_micros(if microseconds > 0.0 { microseconds.min(longest) as u64 } else { 0 })
    }
}

/// A number of the normal distribution with mean 0 and deviation 1 (Box and Muller).
fn normal(chance: Chance) -> f64 {
    // Never the logarithm of 0.
    let radius = (-2.0 * (1.0 - chance.unit(purpose::DELAY)).ln()).sqrt();
    radius * (TAU * chance.unit(purpose::DELAY_ANGLE)).cos()
}

impl Default for Delay {
    /// None.
    fn default() -> Self {
        Self::Fixed(Duration::ZERO)
    }
}

impl From<Duration> for Delay {
    fn from(delay: Duration) -> Self {
        Self::Fixed(delay)
    }
}

impl FromStr for Delay {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let Some((name, parameters)) = text.split_once(':') else { return Ok(Self::Fixed(duration(text)?)) };
        let two = |separator: &str, form: &str| {
            parameters
                .split_once(separator)
                .ok_or_else(|| SettingError::new(format!("expected {form}, not `{name}:{parameters}`")))
        };
        match name {
            "uniform" => {
                let (min, max) = two("..", "uniform:MIN..MAX")?;
                let (min, max) = (duration(min)?, duration(max)?);
                if min > max {
                    return Err(SettingError::new(format!("in `{text}` the first time is the longer one")));
                }
                Ok(Self::Uniform { min, max })
            }
            "normal" => {
                let (mean, deviation) = two(",", "normal:MEAN,DEVIATION")?;
                Ok(Self::Normal { mean: duration(mean)?, deviation: duration(deviation)? })
            }
            "lognormal" => {
                let (median, sigma) = two(",", "lognormal:MEDIAN,SIGMA")?;
                let plain = sigma.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.');
                let parsed = sigma.parse().ok().filter(|sigma| plain && (0.0..=10.0).contains(sigma));
                let wrong = || SettingError::new(format!("sigma is a number from 0 to 10, not `{sigma}`"));
                Ok(Self::LogNormal { median: duration(median)?, sigma: parsed.ok_or_else(wrong)? })
            }
            name => Err(SettingError::unknown("distribution", name, &["uniform", "normal", "lognormal"])),
        }
    }
}

impl fmt::Display for Delay {
    /// As it would be written on the command line, to the microsecond where it cannot be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |time: &Duration| match time.subsec_nanos() % 1_000_000 {
            0 => written(*time),
            _ => format!("{time:?}"),
        };
        match self {
            Self::Fixed(delay) => f.write_str(&text(delay)),
            Self::Uniform { min, max } => write!(f, "uniform:{}..{}", text(min), text(max)),
            Self::Normal { mean, deviation } => write!(f, "normal:{},{}", text(mean), text(deviation)),
            Self::LogNormal { median, sigma } => write!(f, "lognormal:{},{sigma}", text(median)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(delay: &str) -> Vec<f64> {
        let delay: Delay = delay.parse().unwrap();
        let mut draws: Vec<_> =
            (0..10_001).map(|pdu| delay.draw(Chance::of_session(1, "me", 1).and(pdu)).as_secs_f64()).collect();
        draws.sort_by(f64::total_cmp);
        draws
    }

    #[test]
    fn distributions_are_what_they_are_called() {
        assert_eq!(draws("20ms")[0], 0.02);
        let uniform = draws("uniform:10ms..50ms");
        assert!(uniform[0] >= 0.01 && uniform[10_000] <= 0.05 && (uniform[5_000] - 0.03).abs() < 0.001);
        let normal = draws("normal:40s,10s");
        // Of a normal distribution 15.9 in 100 are more than one deviation below the mean.
        assert!((normal[5_000] - 40.0).abs() < 0.5 && (normal[1_587] - 30.0).abs() < 0.5, "{}", normal[1_587]);
        assert!(draws("normal:1s,10s")[0] == 0.0);
        let lognormal = draws("lognormal:20s,0.5");
        assert!((lognormal[5_000] - 20.0).abs() < 0.5 && (lognormal[8_413] - 20.0 * 0.5_f64.exp()).abs() < 1.0);
        assert!(*draws("lognormal:1000h,10").last().unwrap() <= LONGEST.as_secs_f64());
    }

    #[test]
    fn odd_values_of_the_embedded_api_are_harmless() {
        let chance = Chance::of_session(1, "me", 1);
        let second = Duration::from_secs(1);
        assert_eq!(Delay::Fixed(Duration::MAX).draw(chance), LONGEST);
        assert_eq!(Delay::Uniform { min: second, max: Duration::ZERO }.draw(chance), second);
        assert_eq!(Delay::LogNormal { median: second, sigma: f64::NAN }.draw(chance), Duration::ZERO);
        assert!(Delay::Normal { mean: Duration::MAX, deviation: Duration::MAX }.draw(chance) <= LONGEST);
    }

    #[test]
    fn what_is_no_delay_says_why() {
        for (text, wanted) in [
            ("uniform:10ms", "expected uniform:MIN..MAX, not `uniform:10ms`"),
            ("uniform:2s..1s", "the first time is the longer one"),
            ("normal:10ms", "expected normal:MEAN,DEVIATION"),
            ("normal:10ms,5", "`5` has no unit"),
            ("lognormal:10ms,11", "sigma is a number from 0 to 10, not `11`"),
            ("lognormal:10ms,-1", "not `-1`"),
            ("lognormal:10ms,NaN", "not `NaN`"),
            ("gauss:1s,1s", "unknown distribution `gauss`, expected uniform, normal, lognormal"),
            (":1s", "unknown distribution ``"),
        ] {
            let error = text.parse::<Delay>().unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
        for text in ["20ms", "uniform:10ms..50ms", "normal:40ms,10ms", "lognormal:20ms,0.5"] {
            assert_eq!(text.parse::<Delay>().unwrap().to_string(), text);
        }
    }
}
