//! Which instances claim an id: it belongs to the first of them.

use std::collections::HashMap;

use super::Place;

/// How many instances may claim an id.
const MOST: usize = 16;

#[derive(Default)]
pub(super) struct Claims {
    of: HashMap<String, Vec<Place>>,
}

impl Claims {
    /// Returns every id that is claimed.
    pub(super) fn ids(&self) -> impl Iterator<Item = &String> {
        self.of.keys()
    }

    /// Returns who claims an id, the first one first.
    pub(super) fn of(&self, id: &str) -> &[Place] {
        self.of.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Adds a claim unless it is there: behind the first one if its `heir`, else behind all. When there are too many
    /// the last one makes room: it may be made again, and no number of them keeps another one out.
    pub(super) fn add(&mut self, id: &str, place: &Place, heir: bool) {
        let claims = self.of.entry(id.to_owned()).or_default();
        if claims.contains(place) {
            return;
        }
        claims.truncate(MOST - 1);
        let at = if heir { claims.len().min(1) } else { claims.len() };
        claims.insert(at, place.clone());
    }

    /// Takes a claim back.
    pub(super) fn remove(&mut self, id: &str, place: &Place) {
        if let Some(claims) = self.of.get_mut(id) {
            claims.retain(|claim| claim != place);
            if claims.is_empty() {
                self.of.remove(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Name;
    use super::*;

    fn place(index: u32) -> Place {
        (index, Name::of(&[b"a"]).unwrap())
    }

    #[test]
    fn an_heir_stands_behind_the_first_one_however_many_there_are() {
        let mut claims = Claims::default();
        for index in 0..20 {
            claims.add("a", &place(index), false);
        }
        claims.add("a", &place(99), true);
        claims.remove("a", &place(0));
        assert_eq!((claims.of("a").len(), &claims.of("a")[0]), (MOST - 1, &place(99)));
        claims.add("b", &place(1), true);
        assert_eq!(claims.of("b"), [place(1)]);
    }

    #[test]
    fn the_first_claim_counts_and_the_latest_one_gives_way() {
        let mut claims = Claims::default();
        for index in 0..40 {
            claims.add("a", &place(index), false);
            claims.add("a", &place(index), false);
            assert!(claims.of("a").contains(&place(index)));
        }
        assert_eq!((claims.of("a").len(), &claims.of("a")[0]), (MOST, &place(0)));
        for index in 0..40 {
            claims.remove("a", &place(index));
        }
        assert_eq!((claims.of("a").len(), claims.ids().count()), (0, 0));
    }
}
