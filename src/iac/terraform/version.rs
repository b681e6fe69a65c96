//! Constraints on the version of a module (Terraform's documentation, "Version Constraints").

/// Whether a constraint (`~> 5.1, != 5.3.0`) allows a version. One that cannot be read allows every
/// version: Terraform says so itself.
pub(super) fn allows(constraint: &str, version: &str) -> bool {
    let Some(version) = numbers(version) else { return true };
    constraint.split(',').all(|part| one(part.trim(), &version).unwrap_or(true))
}

fn one(constraint: &str, version: &[u64]) -> Option<bool> {
    let at = constraint.find(|letter: char| !"=!<>~".contains(letter))?;
    let (operator, wanted) = (&constraint[..at], numbers(&constraint[at..])?);
    let order = padded(version).cmp(&padded(&wanted));
    Some(match operator {
        "" | "=" => order.is_eq(),
        "!=" => order.is_ne(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        // Only the last number that is written may be larger.
        "~>" => {
            let fixed = wanted.len().saturating_sub(1).max(1);
            order.is_ge() && padded(version)[..fixed] == padded(&wanted)[..fixed]
        }
        _ => return None,
    })
}

fn padded(numbers: &[u64]) -> [u64; 3] {
    [0, 1, 2].map(|at| numbers.get(at).copied().unwrap_or(0))
}

/// The numbers of a version; `None` for what is none, and for a pre-release.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let version = version.trim().trim_start_matches('v');
    let numbers: Vec<u64> = version.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    (numbers.len() <= 3).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn versions_are_allowed_as_terraform_allows_them() {
        for (constraint, version, allowed) in [
            ("5.1.0", "5.1.0", true),
            ("= 5.1", "5.1.0", true),
            ("5.1.0", "5.1.1", false),
            ("!= 5.1.0", "5.1.0", false),
            ("~> 5.1", "5.9.0", true),
            ("~> 5.1", "5.0.9", false),
            ("~> 5.1", "6.0.0", false),
            ("~> 5.1.2", "5.1.9", true),
            ("~> 5.1.2", "5.2.0", false),
            ("~> 5", "5.2.0", true),
            ("~> 5", "6.0.0", false),
            (">= 4.0, < 5.0", "4.66.0", true),
            (">=4.0,<5.0", "5.0.0", false),
            ("> 4.0.0", "4.0.0", false),
            ("<= 4.0.0", "4.0.0", true),
            ("latest", "4.0.0", true),
            ("5.0.0-beta1", "5.0.0-beta1", true),
        ] {
            assert_eq!(allows(constraint, version), allowed, "{constraint} {version}");
        }
    }
}
