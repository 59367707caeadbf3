//! Times of SMPP: to and from civil times, clock readings and durations.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use smpp::EncodeErrorKind;
use smpp::codec::{COctetString, Encode};
use smpp::pdu::{QuerySmResp, SubmitSm};
use smpp::sms::{AbsoluteTime, CivilTime, RelativeTime, SmppTime, TimeError, UtcOffset};

fn civil(years: std::ops::RangeInclusive<u16>) -> impl Strategy<Value = CivilTime> {
    (years, 1..=12_u8, 1..=31_u8, 0..=23_u8, 0..=59_u8, 0..=59_u8)
        .prop_filter_map("no such day", |(year, month, day, hour, minute, second)| {
            CivilTime::new(year, month, day, hour, minute, second).ok()
        })
}

fn absolute() -> impl Strategy<Value = AbsoluteTime> {
    (civil(1938..=2037), 0..=9_u8, prop::option::weighted(0.9, -48..=48_i8)).prop_map(|(civil, tenths, quarters)| {
        match quarters.map(|quarters| UtcOffset::from_quarters(quarters).unwrap()) {
            Some(offset) => AbsoluteTime::new(civil, tenths, offset).unwrap(),
            None => AbsoluteTime::without_offset(civil).unwrap(),
        }
    })
}

fn relative() -> impl Strategy<Value = RelativeTime> {
    (0..=99_u8, 0..=12_u8, 0..=31_u8, 0..=23_u8, 0..=59_u8, 0..=59_u8).prop_map(
        |(years, months, days, hours, minutes, seconds)| {
            RelativeTime::new(years, months, days, hours, minutes, seconds).unwrap()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(
        time in prop_oneof![absolute().prop_map(SmppTime::from), relative().prop_map(SmppTime::from)],
    ) {
        let text = time.to_string();
        prop_assert_eq!(SmppTime::parse(text.as_bytes()), Ok(time));
        prop_assert_eq!(COctetString::from(time), text.as_str());
    }

    #[test]
    fn any_octets_are_survived_and_what_is_a_time_is_written_again(
        octets in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..20).boxed(),
            "[0-9]{15}[-+R]".prop_map(String::into_bytes).boxed(),
            "[0-3][0-9][01][0-9][0-3][0-9][0-2][0-9]([0-5][0-9]){2}".prop_map(String::into_bytes).boxed(),
        ],
    ) {
        if let Ok(time) = SmppTime::parse(&octets) {
            let text = time.to_string();
            prop_assert_eq!(text.len(), octets.len());
            prop_assert_eq!(SmppTime::parse(text.as_bytes()), Ok(time));
            // All but what means nothing: offsets of 0 behind UTC, tenths and offsets of relative times.
            prop_assert_eq!(&text.as_bytes()[..12], &octets[..12]);
        }
    }

    #[test]
    fn points_in_time_stay_the_same_in_utc(time in absolute()) {
        let reading = time.to_system_time();
        prop_assert_eq!(reading.is_some(), time.offset().is_some());
        let Some(utc) = time.to_utc() else {
            let year = time.civil().year();
            prop_assert!(reading.is_none() || year == 1938 || year == 2037, "{year}");
            return Ok(());
        };
        prop_assert_eq!(utc.to_system_time(), reading);
        prop_assert_eq!(reading.map(AbsoluteTime::try_from), Some(Ok(utc)));
    }

    #[test]
    fn clock_readings_there_and_back(time in civil(1900..=9999)) {
        prop_assert_eq!(CivilTime::of(time.to_system_time()), time);
    }

    #[test]
    fn durations_there_and_back(seconds in 0..32 * 86_400_u64) {
        let duration = Duration::from_secs(seconds);
        let time = RelativeTime::try_from(duration);
        prop_assert_eq!(time.and_then(Duration::try_from), Ok(duration));
    }

    #[test]
    fn from_one_civil_time_to_another(from in civil(1900..=2100), to in civil(1900..=2200)) {
        match RelativeTime::between(from, to) {
            Ok(time) => prop_assert_eq!(time.after(from), Some(to)),
            Err(TimeError::OutOfRange { part: "year", .. }) => {
                let years = i32::from(to.year()) - i32::from(from.year());
                prop_assert!(to < from || years >= 100, "{from} to {to}");
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

#[test]
fn requests_take_16_characters_and_no_other_form() {
    let noon = CivilTime::new(2026, 11, 23, 12, 0, 0).unwrap();
    let (utc, local) = (AbsoluteTime::utc(noon).unwrap(), AbsoluteTime::without_offset(noon).unwrap());
    let hour = RelativeTime::try_from(Duration::from_secs(3600)).unwrap();
    let submit = SubmitSm::default().with_destination_addr("41");
    let sound = submit.clone().with_schedule_delivery_time(utc).with_validity_period(hour);
    assert_eq!(
        (sound.schedule_delivery_time.as_str(), sound.validity_period.as_str()),
        (Some("261123120000000+"), Some("000000010000000R"))
    );
    assert!(sound.to_octets(1).is_ok());
    let error = submit.with_schedule_delivery_time(local).to_octets(1).unwrap_err();
    assert_eq!((error.field, error.kind), ("schedule_delivery_time", EncodeErrorKind::BadLength { len: 13 }));
}

/// Erratum 49: 12 or 16 characters are taken in final_date.
#[test]
fn erratum_49_a_final_date_without_an_offset() {
    let response = QuerySmResp::default().with_final_date("261123120000");
    let Ok(SmppTime::Absolute(time)) = SmppTime::parse(response.final_date.as_bytes()) else { panic!() };
    assert_eq!((time.civil().to_string().as_str(), time.offset()), ("2026-11-23 12:00:00", None));
    let there = time.with_offset(UtcOffset::from_quarters(4).unwrap());
    assert_eq!(there.to_string(), "261123120000004+");
    assert_eq!(there.to_utc().unwrap().to_string(), "261123110000000+");
}

#[test]
fn the_clock_of_this_machine() {
    let now = SystemTime::now();
    let time = AbsoluteTime::try_from(now).unwrap();
    let lost = now.duration_since(time.to_system_time().unwrap()).unwrap();
    assert!(lost < Duration::from_millis(100), "{lost:?}");
}
