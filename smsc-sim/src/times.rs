//! When a message is to be delivered, and until when.

use std::time::{Duration, SystemTime};

use smpp::codec::COctetString;
use smpp::sms::{CivilTime, SmppTime};
use smpp::value::CommandStatus;

use crate::setting::LONGEST;

/// When a message is to be delivered, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// When delivery begins, if that is not at once.
    pub(crate) start: Option<SystemTime>,
    /// When the validity is over.
    pub(crate) expires: SystemTime,
}

impl Times {
    /// Those of a message submitted now, by its schedule_delivery_time and validity_period (sections 5.2.15 and 5.2.16).
    ///
    /// A schedule_delivery_time that is over means at once: clocks differ. A validity that is over by the time the delivery
    /// begins is refused. A message that asks for no validity, or a longer one, gets `max_validity`, counted from when the
    /// delivery begins.
    pub(crate) fn of_request(
        schedule: &COctetString<'_>,
        validity: &COctetString<'_>,
        now: SystemTime,
        max_validity: Duration,
    ) -> Result<Self, CommandStatus> {
        let start = when(schedule, now).map_err(|()| CommandStatus::ESME_RINVSCHED)?.filter(|start| *start > now);
        let expires = when(validity, now).map_err(|()| CommandStatus::ESME_RINVEXPIRY)?;
        Self::checked(start, expires, now, max_validity)
    }

    /// Those of a data_sm, which has a qos_time_to_live at most (section 5.3.2.9).
    pub(crate) fn of_data(
        time_to_live: Option<u32>,
        now: SystemTime,
        max_validity: Duration,
    ) -> Result<Self, CommandStatus> {
        let expires = time_to_live.and_then(|seconds| now.checked_add(Duration::from_secs(seconds.into())));
        Self::checked(None, expires, now, max_validity).map_err(|_| CommandStatus::ESME_RINVOPTPARAMVAL)
    }

    /// Those that a replace_sm leaves (section 4.10): what it does not say stays. A validity that was never asked for goes
    /// along with a delivery that is to begin at another time.
    pub(crate) fn replaced(
        self,
        schedule: &COctetString<'_>,
        validity: &COctetString<'_>,
        is_validity_asked_for: bool,
        now: SystemTime,
        max_validity: Duration,
    ) -> Result<Self, CommandStatus> {
        let start = if schedule.is_empty() {
            self.start
        } else {
            when(schedule, now).map_err(|()| CommandStatus::ESME_RINVSCHED)?.filter(|start| *start > now)
        };
        let expires = when(validity, now).map_err(|()| CommandStatus::ESME_RINVEXPIRY)?;
        let is_default = !is_validity_asked_for && start != self.start;
        if expires.is_some() || is_default {
            return Self::checked(start, expires, now, max_validity);
        }
        if start.unwrap_or(now) >= self.expires {
            return Err(CommandStatus::ESME_RINVSCHED);
        }
        Ok(Self { start, ..self })
    }

    fn checked(
        start: Option<SystemTime>,
        expires: Option<SystemTime>,
        now: SystemTime,
        max_validity: Duration,
    ) -> Result<Self, CommandStatus> {
        let begin = start.unwrap_or(now);
        let latest = begin.checked_add(max_validity.min(LONGEST)).unwrap_or(begin);
        match expires {
            Some(expires) if expires <= begin => Err(CommandStatus::ESME_RINVEXPIRY),
            expires => Ok(Self { start, expires: expires.map_or(latest, |expires| expires.min(latest)) }),
        }
    }
}

/// The time of day of a field; `None` if it is empty, an error if it is no time.
fn when(field: &COctetString<'_>, now: SystemTime) -> Result<Option<SystemTime>, ()> {
    if field.is_empty() {
        return Ok(None);
    }
    match SmppTime::parse(field.as_bytes()) {
        Ok(SmppTime::Absolute(time)) => time.to_system_time().map(Some).ok_or(()),
        Ok(SmppTime::Relative(time)) => {
            // By the calendar, and to the fraction of a second that a civil time does not have.
            let from = CivilTime::of(now);
            let distance = time.after(from).and_then(|then| then.since(from)).ok_or(())?;
            now.checked_add(distance).map(Some).ok_or(())
        }
        Err(_) => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const MAX: Duration = Duration::from_secs(72 * 3600);

    fn now() -> SystemTime {
        // 1 January 2026, and half a second.
        UNIX_EPOCH + Duration::from_millis(1_767_225_600_500)
    }

    fn times(schedule: &str, validity: &str) -> Result<(Duration, Duration), CommandStatus> {
        let times = Times::of_request(&schedule.into(), &validity.into(), now(), MAX)?;
        let since = |time: SystemTime| time.duration_since(now()).unwrap();
        Ok((times.start.map_or(Duration::ZERO, since), since(times.expires)))
    }

    #[test]
    fn times_are_absolute_or_relative_or_the_default() {
        let begin = Duration::ZERO;
        assert_eq!(times("", ""), Ok((begin, MAX)));
        assert_eq!(times("", "000000010000000R"), Ok((begin, HOUR)));
        assert_eq!(times("000001000000000R", ""), Ok((24 * HOUR, 96 * HOUR)));
        assert_eq!(times("000001000000000R", "000002000000000R"), Ok((24 * HOUR, 48 * HOUR)));
        // Half past 00:00:00.5, an hour ahead of UTC, and an hour behind it.
        assert_eq!(times("", "260101020000504+"), Ok((begin, HOUR)));
        assert_eq!(times("", "260101000000504-"), Ok((begin, HOUR)));
        // January has 31 days; that is longer than anything is kept.
        assert_eq!(times("000100000000000R", ""), Ok((31 * 24 * HOUR, 31 * 24 * HOUR + MAX)));
        assert_eq!(times("", "000100000000000R"), Ok((begin, MAX)));
    }

    #[test]
    fn a_schedule_that_is_over_is_now_and_a_validity_that_is_over_is_refused() {
        assert_eq!(times("251231235959000+", ""), Ok((Duration::ZERO, MAX)));
        assert_eq!(times("000000000000000R", ""), Ok((Duration::ZERO, MAX)));
        for (schedule, validity) in [
            ("", "251231235959000+"),
            ("", "000000000000000R"),
            ("000002000000000R", "000001000000000R"),
            ("000001000000000R", "000001000000000R"),
            ("", "261301000000000+"),
            ("", "2601010200005"),
        ] {
            assert_eq!(times(schedule, validity), Err(CommandStatus::ESME_RINVEXPIRY), "{validity}");
        }
        assert_eq!(times("261301000000000+", ""), Err(CommandStatus::ESME_RINVSCHED));
    }

    #[test]
    fn a_validity_without_end_does_not_end_at_once() {
        let times = Times::of_data(None, now(), Duration::MAX).unwrap();
        assert_eq!(times.expires, now() + LONGEST);
    }

    #[test]
    fn replacing_keeps_what_it_does_not_say() {
        let times = Times { start: Some(now() + HOUR), expires: now() + 10 * HOUR };
        let replaced =
            |schedule: &str, validity: &str| times.replaced(&schedule.into(), &validity.into(), true, now(), MAX);
        assert_eq!(replaced("", ""), Ok(times));
        assert_eq!(replaced("000000000000000R", ""), Ok(Times { start: None, ..times }));
        assert_eq!(replaced("", "000000020000000R"), Ok(Times { expires: now() + 2 * HOUR, ..times }));
        assert_eq!(replaced("000000110000000R", ""), Err(CommandStatus::ESME_RINVSCHED));
        assert_eq!(replaced("", "000000010000000R"), Err(CommandStatus::ESME_RINVEXPIRY));
    }

    #[test]
    fn replacing_takes_along_a_validity_that_was_not_asked_for() {
        let times = Times { start: Some(now() + HOUR), expires: now() + HOUR + MAX };
        let replaced = |schedule: &str| times.replaced(&schedule.into(), &"".into(), false, now(), MAX);
        assert_eq!(replaced(""), Ok(times));
        assert_eq!(replaced("000000000000000R"), Ok(Times { start: None, expires: now() + MAX }));
        let later = now() + 100 * HOUR;
        assert_eq!(replaced("000004040000000R"), Ok(Times { start: Some(later), expires: later + MAX }));
    }

    #[test]
    fn data_sm_has_a_time_to_live() {
        let data = |seconds| Times::of_data(seconds, now(), MAX).map(|times| times.expires);
        assert_eq!((data(None), data(Some(3600))), (Ok(now() + MAX), Ok(now() + HOUR)));
        assert_eq!((data(Some(u32::MAX)), data(Some(0))), (Ok(now() + MAX), Err(CommandStatus::ESME_RINVOPTPARAMVAL)));
    }
}
