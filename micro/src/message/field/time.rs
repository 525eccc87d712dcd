//! `SystemTime` as `google.protobuf.Timestamp` and `Duration` as `google.protobuf.Duration`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{self, DecodeContext, WireType};
use prost_types::{Duration as ProtoDuration, Timestamp};

use super::{Element, Plain, bare_field, invalid};
use crate::message::types::{FieldType, Types};

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, the ends protobuf gives to time.
const YEARS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// 10,000 years, the longest duration of protobuf.
const LONGEST: u64 = 315_576_000_000;

/// A time outside protobuf's range becomes its nearest end, as sending cannot fail.
fn to_timestamp(time: SystemTime) -> Timestamp {
    let (mut seconds, mut nanos) = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (i64::try_from(after.as_secs()).unwrap_or(i64::MAX), after.subsec_nanos() as i32),
        Err(before) => {
            let before = before.duration();
            let seconds = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
            match before.subsec_nanos() as i32 {
                0 => (-seconds, 0),
                nanos => ((-seconds).saturating_sub(1), 1_000_000_000 - nanos),
            }
        }
    };
    if seconds < *YEARS.start() {
        (seconds, nanos) = (*YEARS.start(), 0);
    } else if seconds > *YEARS.end() {
        (seconds, nanos) = (*YEARS.end(), 999_999_999);
    }
    Timestamp { seconds, nanos }
}

fn to_system_time(timestamp: Timestamp) -> Result<SystemTime, DecodeError> {
    let mut normal = timestamp;
    normal.normalize();
    if !YEARS.contains(&normal.seconds) {
        return Err(invalid("a timestamp lies between the years 1 and 9999"));
    }
    SystemTime::try_from(normal).map_err(|_| invalid("the timestamp is out of this system's range"))
}

fn to_proto(duration: Duration) -> ProtoDuration {
    if duration.as_secs() >= LONGEST {
        return ProtoDuration { seconds: LONGEST as i64, nanos: 0 };
    }
    ProtoDuration { seconds: duration.as_secs() as i64, nanos: duration.subsec_nanos() as i32 }
}

fn to_duration(duration: ProtoDuration) -> Result<Duration, DecodeError> {
    let mut normal = duration;
    normal.normalize();
    match (u64::try_from(normal.seconds), u32::try_from(normal.nanos)) {
        (Ok(seconds), Ok(nanos)) if seconds <= LONGEST => Ok(Duration::new(seconds, nanos)),
        (Ok(_), Ok(_)) => Err(invalid("a duration is at most 10,000 years")),
        _ => Err(invalid("a negative duration does not fit this field")),
    }
}

macro_rules! times {
    ($($type:ty => $message:ty, $empty:expr, $to:ident, $from:ident;)*) => {$(
        impl Element for $type {
            fn empty() -> Self {
                $empty
            }

            fn is_default(&self) -> bool {
                false
            }

            fn is_default_entry(&self) -> bool {
                *self == $empty
            }

            fn encode<B: BufMut>(&self, number: u32, buf: &mut B) {
                encoding::message::encode(number, &$to(*self), buf);
            }

            fn encoded_len(&self, number: u32) -> usize {
                encoding::message::encoded_len(number, &$to(*self))
            }

            fn merge<B: Buf>(
                &mut self,
                wire_type: WireType,
                buf: &mut B,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                let mut message = $to(*self);
                encoding::message::merge(wire_type, &mut message, buf, context)?;
                *self = $from(message)?;
                Ok(())
            }

            fn field_type(types: &mut Types) -> FieldType {
                <$message as Element>::field_type(types)
            }
        }

        bare_field! { [] $type, Plain }
    )*};
}

times! {
    SystemTime => Timestamp, UNIX_EPOCH, to_timestamp, to_system_time;
    Duration => ProtoDuration, Duration::ZERO, to_proto, to_duration;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_and_after_the_epoch_come_back() {
        let step = Duration::new(5, 7);
        for time in [UNIX_EPOCH, UNIX_EPOCH + step, UNIX_EPOCH - step, UNIX_EPOCH - Duration::from_secs(3)] {
            assert_eq!(to_system_time(to_timestamp(time)).unwrap(), time);
        }
        assert_eq!(
            to_timestamp(UNIX_EPOCH - Duration::new(0, 1)),
            Timestamp { seconds: -1, nanos: 999_999_999 }
        );
    }

    #[test]
    fn what_protobuf_cannot_say_is_bounded_on_the_way_out_and_refused_on_the_way_in() {
        let far = UNIX_EPOCH + Duration::from_secs(1 << 40);
        assert_eq!(to_timestamp(far).seconds, *YEARS.end());
        assert!(to_system_time(Timestamp { seconds: i64::MIN, nanos: -5 }).is_err());
        assert!(to_system_time(Timestamp { seconds: i64::MAX, nanos: 0 }).is_err());
        assert_eq!(to_proto(Duration::MAX).seconds as u64, LONGEST);
        assert!(to_duration(ProtoDuration { seconds: -1, nanos: 0 }).is_err());
        assert!(to_duration(ProtoDuration { seconds: i64::MAX, nanos: i32::MAX }).is_err());
    }
}
