//! Amounts of money: whole cents, so that nothing is ever rounded.

/// Shows cents as people write them: `12.50`.
pub fn show(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_have_two_digits() {
        for (cents, shown) in [(0, "0.00"), (5, "0.05"), (1250, "12.50"), (-5, "-0.05"), (-1250, "-12.50")] {
            assert_eq!(show(cents), shown);
        }
    }
}
