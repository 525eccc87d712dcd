//! How values are read from text and shown again. What is shown reads back as the same value, secrets aside.

use std::path::PathBuf;
use std::time::Duration;

use crate::address::Address;

/// A kind of value.
pub(super) struct Kind<T> {
    /// Reads a value; the error says what the text should have been, without an example.
    pub(super) parse: fn(&str) -> Result<T, String>,
    /// Shows a value to people. Hides secrets.
    pub(super) show: fn(&T) -> String,
    /// A good value, for errors and help.
    pub(super) example: &'static str,
    /// Whether the flag alone, without a value, means "true".
    pub(super) bare: bool,
}

pub(super) const TEXT: Kind<String> = Kind {
    parse: |text| match text.chars().any(char::is_control) {
        true => Err("contains control characters".into()),
        false => Ok(text.to_owned()),
    },
    show: String::clone,
    example: "greeter",
    bare: false,
};

pub(super) const URI: Kind<String> = Kind {
    parse: |text| match text.split_once(':') {
        Some((scheme, _)) if !scheme.is_empty() => Ok(text.to_owned()),
        _ => Err("is not a URI: the scheme and its colon are missing".into()),
    },
    show: |uri| redacted(uri),
    example: "local:",
    bare: false,
};

pub(super) const COLLECTOR: Kind<String> = Kind {
    parse: TEXT.parse,
    // With or without a scheme, nothing before the @ is a collector's: it may be a password.
    show: |uri| match uri.rsplit_once('@') {
        Some((_, host)) => format!("***@{host}"),
        None => uri.clone(),
    },
    example: "http://localhost:4317",
    bare: false,
};

pub(super) const LOG: Kind<String> = Kind {
    parse: |text| match text.parse::<tracing_subscriber::filter::Targets>() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("is not a list of log directives: {error}")),
    },
    show: String::clone,
    example: "info,micro=debug",
    bare: false,
};

pub(super) const SWITCH: Kind<bool> = Kind {
    parse: |text| match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" | "" => Ok(false),
        _ => Err("is neither true nor false".into()),
    },
    show: bool::to_string,
    example: "true",
    bare: true,
};

pub(super) const ADDRESS: Kind<Address> = Kind {
    parse: |text| text.parse::<Address>().map_err(|error| why(text, &error)),
    show: Address::to_string,
    example: "127.0.0.1:4000",
    bare: false,
};

pub(super) const ADVERTISE: Kind<Option<Address>> = Kind {
    parse: |text| {
        if text.is_empty() {
            return Ok(None);
        }
        // Without a port: the one that was bound.
        let parsed: crate::Result<Address> = text
            .parse::<Address>()
            .or_else(|error| format!("{text}:0").parse::<Address>().map_err(|_| error));
        parsed.map(Some).map_err(|error| why(text, &error))
    },
    show: |address| address.as_ref().map(Address::to_string).unwrap_or_default(),
    example: "10.0.0.5:4000",
    bare: false,
};

pub(super) const DIRECTORY: Kind<PathBuf> = Kind {
    parse: |text| match text.is_empty() {
        true => Err("is not a directory".into()),
        false => Ok(PathBuf::from(text)),
    },
    show: |path| path.display().to_string(),
    example: "/run/user/1000/micro/registry",
    bare: false,
};

pub(super) const DURATION: Kind<Duration> =
    Kind { parse: parse_duration, show: |duration| show_duration(*duration), example: "5s", bare: false };

pub(super) const SIZE: Kind<usize> = Kind {
    parse: parse_size,
    show: |size| {
        let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
        let exact = |(shift, _): &(u32, &str)| *size != 0 && size.trailing_zeros() >= *shift;
        units
            .into_iter()
            .find(exact)
            .map_or(size.to_string(), |(shift, unit)| format!("{}{unit}", size >> shift))
    },
    example: "4MiB",
    bare: false,
};

pub(super) const COUNT: Kind<usize> = Kind {
    parse: |text| match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err("is not a whole number above zero".into()),
    },
    show: usize::to_string,
    example: "1024",
    bare: false,
};

/// Returns what is wrong with an address, without the address, which whoever reports it repeats.
fn why(text: &str, error: &crate::Error) -> String {
    let message = error.message();
    message.strip_prefix(&format!("{text:?} ")).unwrap_or(message).to_owned()
}

/// Longer ones are mistakes, and adding them to a clock may overflow.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

fn parse_duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let nanos: u128 = match unit {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return Err("is not a duration: a whole number and one of ns, us, ms, s, m, h".into()),
    };
    let number: u64 = number.parse().map_err(|_| "is not a duration: the number is missing or too large")?;
    let nanos = u128::from(number) * nanos;
    if nanos > YEAR.as_nanos() {
        return Err("is longer than a year".into());
    }
    // A year of nanoseconds fits.
    Ok(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
}

/// Shows a duration in the largest unit that holds it exactly, so that it reads back the same.
pub(crate) fn show_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let units = [
        (3_600_000_000_000, "h"),
        (60_000_000_000, "m"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
        (1, "ns"),
    ];
    let exact = |(size, _): &(u128, &str)| nanos != 0 && nanos.is_multiple_of(*size);
    units.into_iter().find(exact).map_or("0s".to_owned(), |(size, unit)| format!("{}{unit}", nanos / size))
}

fn parse_size(text: &str) -> Result<usize, String> {
    let split = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor: usize = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err("is not a size: a whole number and one of B, KiB, MiB, GiB".into()),
    };
    let number: usize = number.parse().map_err(|_| "is not a size: the number is missing or too large")?;
    match number.checked_mul(factor) {
        Some(0) | None => Err("is not a size from 1 byte to what this machine can address".into()),
        Some(size) => Ok(size),
    }
}

/// Hides the password of a URI.
fn redacted(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once("://") else { return uri.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@').map(|(user, host)| (user.split(':').next().unwrap_or(""), host)) {
        Some((user, host)) => format!("{scheme}://{user}:***@{host}{path}"),
        None => uri.to_owned(),
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_back_as_shown() {
        for text in ["5s", "300ms", "1m", "90s", "2h", "1ns", "0s", "1500us"] {
            let duration = parse_duration(text).unwrap();
            assert_eq!(parse_duration(&show_duration(duration)).unwrap(), duration, "{text}");
        }
        assert_eq!(show_duration(Duration::from_secs(90)), "90s");
        for text in ["5", "", "s", "1.5s", "-1s", "5 s", "99999999999999999999s", "9000h", "1d"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn contracts_write_durations_as_settings_do() {
        for text in [
            "5s", "300ms", "90m", "8760h", "8761h", "7us", "7µs", "1ns", "0s", "", "5", "s", "1.5s", "5 s",
            "1d",
        ] {
            let setting = parse_duration(text).ok().filter(|duration| !duration.is_zero());
            assert_eq!(micro_expand::timeout(text).ok(), setting, "{text}");
        }
    }

    #[test]
    fn sizes_read_back_as_shown() {
        for (text, size) in
            [("4MiB", 4 << 20), ("16KiB", 16 << 10), ("1000", 1000), ("1GiB", 1 << 30), ("5B", 5)]
        {
            assert_eq!(parse_size(text).unwrap(), size);
            assert_eq!(parse_size(&(SIZE.show)(&size)).unwrap(), size);
        }
        assert_eq!((SIZE.show)(&(4 << 20)), "4MiB");
        for text in ["", "0", "4MB", "MiB", "-1", "99999999999999999GiB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!((URI.show)(&"etcd://ann:hunter2@host:1/x".into()), "etcd://ann:***@host:1/x");
        assert_eq!((URI.show)(&"etcd://host:1/a@b".into()), "etcd://host:1/a@b");
        assert_eq!((URI.show)(&"local:".into()), "local:");
        for user in ["http://ann:hunter2", "ann:hunter2", "http://ann:hun@hunter2/"] {
            assert_eq!((COLLECTOR.show)(&format!("{user}@host:4317")), "***@host:4317");
        }
        assert_eq!((COLLECTOR.show)(&COLLECTOR.example.into()), COLLECTOR.example);
        assert_eq!((COLLECTOR.parse)(""), Ok(String::new()));
    }

    #[test]
    fn an_advertised_host_may_leave_out_its_port() {
        let port = |text: &str| (ADVERTISE.parse)(text).unwrap().unwrap().port();
        assert_eq!((port("10.0.0.5"), port("10.0.0.5:80"), port("greeter.internal")), (0, 80, 0));
        assert!((ADVERTISE.parse)("").unwrap().is_none());
        assert!((ADVERTISE.parse)("a b").is_err());
    }
}
