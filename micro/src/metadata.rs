//! Key-value pairs that travel beside a call: request metadata, response metadata, trailers.
//!
//! Keys are lower-case header names. A key that ends in `-bin` holds bytes, any other holds visible ASCII, as
//! gRPC has it. What the protocols use for themselves (`grpc-*`, `content-type`, `te`, …) is refused.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, Result};

/// An ordered multimap of metadata.
#[derive(Clone, Default, PartialEq)]
pub struct Metadata {
    map: HeaderMap,
}

/// Headers that belong to the wire: never taken from users, never shown as metadata.
const RESERVED: [&str; 14] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl Metadata {
    /// Makes an empty map.
    pub fn new() -> Self {
        Metadata::default()
    }

    /// Returns the first text value under `key`, `None` for an unknown or a `-bin` key.
    pub fn get(&self, key: &str) -> Option<&str> {
        if key.ends_with("-bin") {
            return None;
        }
        self.map.get(key)?.to_str().ok()
    }

    /// Returns every text value under `key`, in order.
    pub fn get_all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let values = if key.ends_with("-bin") { None } else { Some(self.map.get_all(key)) };
        values.into_iter().flat_map(|values| values.into_iter()).filter_map(|value| value.to_str().ok())
    }

    /// Returns the first bytes under a `-bin` key.
    pub fn get_bin(&self, key: &str) -> Option<Vec<u8>> {
        if !key.ends_with("-bin") {
            return None;
        }
        // Several values may have been joined by a comma on the way, as header rules allow.
        let first = self.map.get(key)?.as_bytes().split(|byte| *byte == b',').next()?;
        crate::base64::decode(first)
    }

    /// Sets `key` to one text value, in place of whatever was there.
    ///
    /// # Errors
    ///
    /// `invalid argument` when the key is not a header name, is reserved or ends in `-bin`, or the value is not
    /// visible ASCII.
    pub fn insert(&mut self, key: &str, value: impl AsRef<str>) -> Result<()> {
        let (key, value) = text(key, value.as_ref())?;
        self.map.insert(key, value);
        Ok(())
    }

    /// Adds a text value under `key`.
    ///
    /// # Errors
    ///
    /// As [`insert`](Metadata::insert).
    pub fn append(&mut self, key: &str, value: impl AsRef<str>) -> Result<()> {
        let (key, value) = text(key, value.as_ref())?;
        self.map.append(key, value);
        Ok(())
    }

    /// Sets a `-bin` key to bytes.
    ///
    /// # Errors
    ///
    /// `invalid argument` when the key is not a header name, is reserved or does not end in `-bin`.
    pub fn insert_bin(&mut self, key: &str, value: impl AsRef<[u8]>) -> Result<()> {
        if !key.ends_with("-bin") {
            return Err(Error::invalid_argument(format!(
                "metadata key {key:?} holds bytes, so it must end in -bin"
            )));
        }
        let encoded = crate::base64::encode(value.as_ref());
        let value = HeaderValue::from_str(&encoded).expect("base64 is visible ASCII");
        self.map.insert(name(key)?, value);
        Ok(())
    }

    /// Removes every value under `key`.
    pub fn remove(&mut self, key: &str) {
        self.map.remove(key);
    }

    /// Tells whether `key` is there.
    pub fn contains_key(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Tells whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Walks over every key and value as it stands on the wire (`-bin` values in base64).
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.map.iter().filter_map(|(key, value)| Some((key.as_str(), value.to_str().ok()?)))
    }

    /// Adds everything in `other`; keys present in both take `other`'s values.
    pub fn merge(&mut self, other: Metadata) {
        let mut current = None;
        for (key, value) in other.map {
            if let Some(key) = key {
                self.map.insert(key.clone(), value);
                current = Some(key);
            } else if let Some(key) = &current {
                self.map.append(key.clone(), value);
            }
        }
    }

    /// Takes the user's part out of wire headers.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Metadata {
        let mut map = HeaderMap::new();
        for (key, value) in headers {
            if !is_reserved(key.as_str()) {
                map.append(key.clone(), value.clone());
            }
        }
        Metadata { map }
    }

    /// Writes everything into wire headers.
    pub(crate) fn write_headers(&self, headers: &mut HeaderMap) {
        for (key, value) in &self.map {
            headers.append(key.clone(), value.clone());
        }
    }
}

impl fmt::Debug for Metadata {
    /// Prints the keys only: values carry credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.map.keys().map(HeaderName::as_str)).finish()
    }
}

fn text(key: &str, value: &str) -> Result<(HeaderName, HeaderValue)> {
    if key.ends_with("-bin") {
        return Err(Error::invalid_argument(format!("metadata key {key:?} ends in -bin: use insert_bin")));
    }
    let value = match HeaderValue::from_str(value) {
        Ok(value) if value.to_str().is_ok() => value,
        _ => {
            let message =
                format!("the value of metadata key {key:?} is not visible ASCII; use a key ending in -bin");
            return Err(Error::invalid_argument(message));
        }
    };
    Ok((name(key)?, value))
}

fn name(key: &str) -> Result<HeaderName> {
    let parsed = HeaderName::from_bytes(key.as_bytes())
        .map_err(|_| Error::invalid_argument(format!("metadata key {key:?} is not a header name")))?;
    if is_reserved(parsed.as_str()) {
        return Err(Error::invalid_argument(format!("metadata key {key:?} is reserved for the wire")));
    }
    Ok(parsed)
}

fn is_reserved(key: &str) -> bool {
    key.starts_with("grpc-") || key.starts_with("micro-") || key.starts_with(':') || RESERVED.contains(&key)
}

/// Metadata shared by those who fill it and those who send it: the trailers of a response that is still
/// being written.
#[derive(Clone, Debug, Default)]
pub struct SharedMetadata(Arc<Mutex<Metadata>>);

impl SharedMetadata {
    /// Makes an empty map.
    pub fn new() -> Self {
        SharedMetadata::default()
    }

    /// Changes the map. `change` must not block.
    pub fn update<R>(&self, change: impl FnOnce(&mut Metadata) -> R) -> R {
        change(&mut self.lock())
    }

    /// Returns a copy of what is there now.
    pub fn snapshot(&self) -> Metadata {
        self.lock().clone()
    }

    /// Takes what is there, leaving nothing.
    pub fn take(&self) -> Metadata {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Metadata> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_have_their_own_keys() {
        let mut metadata = Metadata::new();
        metadata.insert("tenant", "acme").unwrap();
        metadata.append("tenant", "other").unwrap();
        metadata.insert_bin("token-bin", [0, 255]).unwrap();
        assert_eq!(metadata.get("tenant"), Some("acme"));
        assert_eq!(metadata.get_all("tenant").collect::<Vec<_>>(), ["acme", "other"]);
        assert_eq!(metadata.get_bin("token-bin"), Some(vec![0, 255]));
        assert_eq!(metadata.get("token-bin"), None);
        assert_eq!(metadata.get_bin("tenant"), None);
    }

    #[test]
    fn bad_keys_and_values_are_refused_with_the_mend() {
        let mut metadata = Metadata::new();
        for key in ["grpc-status", "Content-Type", "te", "micro-outcome"] {
            assert!(metadata.insert(key, "x").unwrap_err().message().contains("reserved"), "{key}");
        }
        assert!(metadata.insert("a b", "x").unwrap_err().message().contains("not a header name"));
        assert!(metadata.insert("name", "Ünal").unwrap_err().message().contains("-bin"));
        assert!(metadata.insert("x-bin", "x").unwrap_err().message().contains("insert_bin"));
        assert!(metadata.is_empty());
    }

    #[test]
    fn values_never_reach_debug() {
        let mut metadata = Metadata::new();
        metadata.insert("authorization", "Bearer hunter2").unwrap();
        let printed = format!("{metadata:?}");
        assert!(printed.contains("authorization") && !printed.contains("hunter2"));
    }
}
