//! Why no connection can be made: what proxies say, and why TLS can't be had of a server, as the errors of any TLS library
//! tell. rustls and OpenSSL say it in English words; the words of SChannel and of Apple's Security framework are in the
//! system's language, but their codes are the same in all.

use std::error::Error;

use super::chain;

/// One thing that can't be helped by trying again.
struct Reason {
    words: &'static [&'static str],
    codes: &'static [i32],
    meaning: &'static str,
}

/// The first that fits is meant: a certificate that expired is not trusted, either.
const REASONS: [Reason; 7] = [
    Reason {
        words: &["tunnel error: proxy authorization required"],
        codes: &[],
        meaning: "the proxy refused the connection (HTTP 407): check the user and the password in the proxy's URL",
    },
    Reason {
        words: &["tunnel error: unsuccessful"],
        codes: &[],
        meaning: "the proxy refused the connection: check that it lets this machine call the server",
    },
    Reason {
        words: &["no ca certificates"],
        codes: &[],
        meaning: "no certificates of authorities were found: install the system's (often the package ca-certificates), \
                  or name a file of them by SSL_CERT_FILE",
    },
    Reason {
        words: &[
            "certificate expired",
            "certificate has expired",
            "certificate: expired",
            "certificate not valid yet",
            "certificate is not yet valid",
            "certificate: notvalidyet",
        ],
        codes: &[
            0x800B_0101_u32.cast_signed(), // CERT_E_EXPIRED
            0x8009_0328_u32.cast_signed(), // SEC_E_CERT_EXPIRED
            -9814,                         // errSSLCertExpired
            -9815,                         // errSSLCertNotYetValid
            -67818,                        // errSecCertificateExpired
            -67819,                        // errSecCertificateNotValidYet
        ],
        meaning: "the server's certificate is expired, or not valid yet: check this machine's clock; if that is right, \
                  the server needs a new certificate",
    },
    Reason {
        words: &["not valid for name", "notvalidforname", "hostname mismatch", "ip address mismatch"],
        codes: &[
            0x800B_010F_u32.cast_signed(), // CERT_E_CN_NO_MATCH
            0x8009_0322_u32.cast_signed(), // SEC_E_WRONG_PRINCIPAL
            -9843,                         // errSSLHostNameMismatch
            -67602,                        // errSecHostNameMismatch
        ],
        meaning: "the server's certificate is for another name: check the server's URL",
    },
    Reason {
        words: &["invalid peer certificate", "certificate verify failed"],
        codes: &[
            0x800B_0109_u32.cast_signed(), // CERT_E_UNTRUSTEDROOT
            0x800B_010A_u32.cast_signed(), // CERT_E_CHAINING
            0x8009_0325_u32.cast_signed(), // SEC_E_UNTRUSTED_ROOT
            -9807,                         // errSSLXCertChainInvalid
            -9812,                         // errSSLUnknownRootCert
            -9813,                         // errSSLNoRootCert
            -67843,                        // errSecNotTrusted
        ],
        meaning: "the server's certificate is not trusted: check the server's URL, and that the system has the \
                  certificate of its authority (SSL_CERT_FILE can name a file)",
    },
    Reason {
        words: &["corrupt message", "wrong version number", "packet length too long", "http request"],
        codes: &[0x8009_0308_u32.cast_signed()], // SEC_E_INVALID_TOKEN
        meaning: "the server does not speak TLS on that port: check the port of its URL",
    },
];

/// Why no connection can be made however often it is tried, if the error says so.
pub(crate) fn hopeless(error: &reqwest::Error) -> Option<&'static str> {
    if error.is_connect() || error.is_builder() { meaning(error) } else { None }
}

fn meaning(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let said = chain(error).map(|cause| cause.to_string().to_lowercase()).collect::<Vec<_>>();
    // What is shown of a system's error is its text alone.
    let shown = chain(error).last().map(|cause| format!("{cause:?}")).unwrap_or_default();
    let codes = shown.split([' ', ',', ':', '"', '(', ')']).filter_map(|word| word.parse().ok()).collect::<Vec<i32>>();
    let is_said = |word: &&str| said.iter().any(|text| text.contains(*word));
    let fits =
        |reason: &&Reason| reason.words.iter().any(is_said) || reason.codes.iter().any(|code| codes.contains(code));
    REASONS.iter().find(fits).map(|reason| reason.meaning)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// As `security_framework` has it.
    #[derive(Debug, thiserror::Error)]
    #[error("text in the system's language")]
    struct Apple {
        code: i32,
        message: &'static str,
    }

    fn by_code(code: u32) -> &'static str {
        meaning(&io::Error::from_raw_os_error(code.cast_signed())).unwrap_or_default()
    }

    fn of_apple(code: i32) -> &'static str {
        meaning(&Apple { code, message: "text" }).unwrap_or_default()
    }

    #[test]
    fn the_codes_of_other_systems_say_what_the_words_of_this_one_say() {
        for said in [by_code(0x800B_0101), by_code(0x8009_0328), of_apple(-9814), of_apple(-67818)] {
            assert!(said.contains("expired") && said.contains("clock"), "{said}");
        }
        for said in [by_code(0x800B_010F), by_code(0x8009_0322), of_apple(-9843), of_apple(-67602)] {
            assert!(said.contains("for another name"), "{said}");
        }
        for said in [by_code(0x800B_0109), by_code(0x8009_0325), of_apple(-9807), of_apple(-67843)] {
            assert!(said.contains("is not trusted"), "{said}");
        }
        assert!(by_code(0x8009_0308).contains("does not speak TLS"));
        // A refused connection, a revoked certificate, and a name that looks like a code.
        let named = io::Error::other("dns error: https://x-9814.example");
        assert_eq!((by_code(111), of_apple(-9827), meaning(&named)), ("", "", None));
    }
}
