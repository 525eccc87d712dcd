//! What a server takes before it says no.

use std::time::Duration;

/// Limits of a server. Every wait and every size that a peer controls has one here.
///
/// ```
/// let limits = micro::server::Limits::default().message(16 * 1024 * 1024).connections(100);
/// assert_eq!(limits.message, 16 * 1024 * 1024);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest message of a request, in bytes. 4 MiB; longer ones are `resource exhausted`.
    pub message: usize,
    /// The longest list of headers of a request, in bytes. 16 KiB.
    pub header_list: u32,
    /// The most headers of a request. 100.
    pub headers: usize,
    /// How long a connection may take to say what it speaks, and a request over HTTP/1 to send its head. 10 s.
    pub handshake: Duration,
    /// How long the message of a call without deadline may take to arrive; streams may take longer. 60 s.
    pub body: Duration,
    /// The most connections at a time; more wait in the system's queue. 10,000.
    pub connections: usize,
    /// The most calls at a time on one HTTP/2 connection; more wait at the caller. 1,024.
    pub streams: u32,
    /// How long an HTTP/2 connection may be silent before it is probed; a probe not answered within as long
    /// again ends it. 20 s.
    pub keep_alive: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            message: 4 * 1024 * 1024,
            header_list: 16 * 1024,
            headers: 100,
            handshake: Duration::from_secs(10),
            body: Duration::from_secs(60),
            connections: 10_000,
            streams: 1_024,
            keep_alive: Duration::from_secs(20),
        }
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {
        impl Limits {
            $($(#[$doc])*
            pub fn $name(mut self, $name: $type) -> Self {
                self.$name = $name;
                self
            })*
        }
    };
}

setters! {
    /// Sets the longest message, in bytes.
    message: usize;
    /// Sets the longest list of headers, in bytes.
    header_list: u32;
    /// Sets the most headers.
    headers: usize;
    /// Sets how long a connection may take to begin, and an HTTP/1 request to send its head.
    handshake: Duration;
    /// Sets how long the message of a call without deadline may take to arrive.
    body: Duration;
    /// Sets the most connections at a time.
    connections: usize;
    /// Sets the most calls at a time on one HTTP/2 connection.
    streams: u32;
    /// Sets how long an HTTP/2 connection may be silent before it is probed.
    keep_alive: Duration;
}
