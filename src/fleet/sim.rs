//! The id of a SIM, as a list has it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The id of a SIM: digits, of which none is lost. It takes 16 bytes, so that a million of them fit anywhere.
///
/// What spreadsheets write around it is taken off: white space, a leading `'`, and `="…"`.
///
/// ```
/// use linksfield::fleet::Sim;
///
/// let sim: Sim = "=\"089852022018041800192\" ".parse()?;
/// assert_eq!(sim.to_string(), "089852022018041800192");
/// # Ok::<_, linksfield::fleet::NotASim>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sim {
    // The number that is written with a 1 before the digits, in two halves: as a `u128` it would be aligned to 16 bytes.
    high: u64,
    low: u64,
}

/// Most digits of a [`Sim`]: as many as fit.
const DIGITS: usize = 38;

/// Digits that a spreadsheet keeps of a number.
const KEPT: usize = 15;

impl Sim {
    fn number(self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }

    /// Whether all digits after the fifteenth are 0, as after a spreadsheet took the id for a number.
    #[must_use]
    pub fn looks_rounded(&self) -> bool {
        let digits = self.to_string();
        digits.get(KEPT..).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|digit| digit == b'0'))
    }

    /// Whether it has more digits than a spreadsheet keeps, and ends in three zeros, as after its number was rounded to 17
    /// digits.
    pub(super) fn ends_in_zeros(&self) -> bool {
        let digits = self.to_string();
        digits.len() > KEPT && digits.ends_with("000")
    }
}

impl FromStr for Sim {
    type Err = NotASim;

    fn from_str(text: &str) -> Result<Self, NotASim> {
        let digits = bare(text);
        if is_scientific(digits) {
            return Err(NotASim(format!(
                "{digits} is a number that a spreadsheet shortened: import the column as text"
            )));
        }
        if digits.is_empty() {
            return Err(NotASim("there is no id of a SIM".to_owned()));
        }
        if let Some((position, odd)) = digits.chars().enumerate().find(|(_, letter)| !letter.is_ascii_digit()) {
            return Err(NotASim(format!(
                "the id of a SIM has {odd:?} as character {}: it must be digits",
                position + 1
            )));
        }
        if digits.len() > DIGITS {
            return Err(NotASim(format!("the id of a SIM has {} digits, more than {DIGITS}", digits.len())));
        }
        // It has at most 39 digits of which the first is 1, so it fits.
        let number = digits.bytes().fold(1, |number: u128, digit| number * 10 + u128::from(digit - b'0'));
        Ok(Self { high: (number >> 64) as u64, low: number as u64 })
    }
}

/// The id without what spreadsheets write around it.
fn bare(text: &str) -> &str {
    let trim = |text| str::trim_matches(text, |letter: char| letter.is_whitespace() || letter == '\u{feff}');
    let text = trim(text);
    let text = text.strip_prefix("=\"").and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    trim(text.strip_prefix('\'').unwrap_or(text))
}

/// Whether it is like `8.98E+19`.
pub(super) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.trim().split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    digits(whole) && digits(fraction) && exponent.strip_prefix(['+', '-']).is_some_and(digits)
}

/// Why a text is not the id of a SIM.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotASim(String);

impl fmt::Display for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.number().to_string().get(1..).unwrap_or_default())
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sim({self})")
    }
}

impl Serialize for Sim {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_digit_of_an_id_is_lost(digits in "[0-9]{1,38}") {
            prop_assert_eq!(digits.parse::<Sim>().unwrap().to_string(), digits);
        }
    }

    #[test]
    fn what_spreadsheets_write_around_an_id_is_taken_off() {
        for text in ["=\"8985\"", "'8985", " 8985 ", "\u{a0}8985\u{a0}\t", "\u{feff}8985", "= \"8985\""] {
            let sim = text.parse::<Sim>().map(|sim| sim.to_string());
            assert_eq!(sim.ok().as_deref(), (text != "= \"8985\"").then_some("8985"), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_id_is_refused_with_the_character() {
        for (text, said) in [
            ("", "there is no id"),
            ("89852O22", "'O' as character 6"),
            ("8985-2022", "'-' as character 5"),
            ("8.98E+19", "a number that a spreadsheet shortened"),
            ("8,98E+19", "a number that a spreadsheet shortened"),
            ("１２", "'１' as character 1"),
            ("123456789012345678901234567890123456789", "39 digits, more than 38"),
        ] {
            let error = text.parse::<Sim>().unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn an_id_of_which_only_fifteen_digits_are_left_is_seen() {
        let is_rounded = |text: &str| text.parse::<Sim>().unwrap().looks_rounded();
        assert!(is_rounded("89852022018041800000"));
        assert!(!is_rounded("89852022018041800001") && !is_rounded("898520220180418"));
    }
}
