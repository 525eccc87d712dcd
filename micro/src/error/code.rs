//! The closed set of error codes and the one table that maps them to gRPC and HTTP.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal, $words:literal, $http:literal;)*) => {
        /// What kind of failure an [`Error`](crate::Error) is: the sixteen codes of gRPC.
        ///
        /// Numbers and meanings are gRPC's (`google.rpc.Code`); the HTTP status of each is the mapping of
        /// `google/rpc/code.proto`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $variant = $number,)*
        }

        impl Code {
            /// Lists every code, by number.
            pub const ALL: [Code; 16] = [$(Code::$variant),*];

            /// Returns the name used on the wire and in JSON, such as `NOT_FOUND`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// Returns the HTTP status the code maps to.
            pub fn http_status(self) -> u16 {
                match self { $(Code::$variant => $http,)* }
            }
        }

        impl fmt::Display for Code {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Code::$variant => $words,)* })
            }
        }
    };
}

codes! {
    /// The caller gave up.
    Cancelled = 1, "CANCELLED", "cancelled", 499;
    /// Nothing better is known.
    Unknown = 2, "UNKNOWN", "unknown", 500;
    /// The request is wrong whatever the state of the system.
    InvalidArgument = 3, "INVALID_ARGUMENT", "invalid argument", 400;
    /// The time for the call ran out.
    DeadlineExceeded = 4, "DEADLINE_EXCEEDED", "deadline exceeded", 504;
    /// The thing asked for does not exist.
    NotFound = 5, "NOT_FOUND", "not found", 404;
    /// The thing to be made exists already.
    AlreadyExists = 6, "ALREADY_EXISTS", "already exists", 409;
    /// The caller is known and may not do this.
    PermissionDenied = 7, "PERMISSION_DENIED", "permission denied", 403;
    /// A quota or a limit is used up.
    ResourceExhausted = 8, "RESOURCE_EXHAUSTED", "resource exhausted", 429;
    /// The system is not in the state the request needs.
    FailedPrecondition = 9, "FAILED_PRECONDITION", "failed precondition", 400;
    /// A conflict stopped the operation; a higher level may try again.
    Aborted = 10, "ABORTED", "aborted", 409;
    /// A position past the valid range.
    OutOfRange = 11, "OUT_OF_RANGE", "out of range", 400;
    /// The operation does not exist here.
    Unimplemented = 12, "UNIMPLEMENTED", "unimplemented", 501;
    /// An invariant broke.
    Internal = 13, "INTERNAL", "internal", 500;
    /// The service cannot be reached now.
    Unavailable = 14, "UNAVAILABLE", "unavailable", 503;
    /// Data was lost for good.
    DataLoss = 15, "DATA_LOSS", "data loss", 500;
    /// The caller is not known.
    Unauthenticated = 16, "UNAUTHENTICATED", "unauthenticated", 401;
}

impl Code {
    /// Returns the gRPC number, 1 to 16.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// Returns the code of a gRPC number. Zero is no error (`None`); numbers gRPC does not define are
    /// [`Code::Unknown`], as its specification asks.
    pub fn from_number(number: i32) -> Option<Code> {
        match number {
            0 => None,
            1..=16 => Some(Code::ALL[number as usize - 1]),
            _ => Some(Code::Unknown),
        }
    }

    /// Returns the code with a wire name such as `NOT_FOUND`.
    pub fn from_name(name: &str) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.name() == name)
    }

    /// Returns the code that gRPC assigns to an HTTP status that came without a `grpc-status`
    /// (`doc/http-grpc-status-mapping.md` of gRPC).
    pub fn from_http_status(status: u16) -> Code {
        match status {
            400 => Code::Internal,
            401 => Code::Unauthenticated,
            403 => Code::PermissionDenied,
            404 => Code::Unimplemented,
            429 | 502 | 503 | 504 => Code::Unavailable,
            _ => Code::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_come_back() {
        for code in Code::ALL {
            assert_eq!(Code::from_number(code.number()), Some(code));
            assert_eq!(Code::from_name(code.name()), Some(code));
        }
        assert_eq!(Code::from_number(0), None);
        assert_eq!(Code::from_number(99), Some(Code::Unknown));
    }
}
