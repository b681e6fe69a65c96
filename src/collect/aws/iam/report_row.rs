//! Whose row of the credential report it is, and which of its cells stand in which column.
//!
//! AWS writes names and paths as they are, and both may hold commas: such a row has more cells than
//! there are columns. It is put together again where that can be done in one way only. What decides
//! is the ARN in the second column: it ends in the name in the first.

/// The name that the root user's row carries in place of a user's name. No user can have it: `<`
/// is not allowed in names.
pub(super) const ROOT: &str = "<root_account>";

/// A column of free text, which may hold commas too. AWS writes it last.
const FREE_TEXT: &str = "additional_credentials_info";

/// Most cells that an ARN is looked for in: a path has no more than 512 characters, a name 64.
const MOST_CELLS: usize = 640;

/// The user that a row begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Holder {
    /// Name of the user.
    pub(super) name: String,
    /// ARN of the user.
    pub(super) arn: String,
    /// How many cells the two take.
    cells: usize,
}

/// Every way to read the first cells of a row as a name and the ARN that belongs to it. There can
/// be several, for a path may hold what looks like the rest of the row.
pub(super) fn holders(cells: &[&str]) -> Vec<Holder> {
    // A name has no colon, so that this is the one cell where the ARN can begin.
    let Some(start) = cells.iter().position(|cell| cell.starts_with("arn:")) else { return Vec::new() };
    let name = cells[..start].join(",");
    let mut arn = String::new();
    let mut found = Vec::new();
    for (index, cell) in cells.iter().enumerate().skip(start).take(MOST_CELLS) {
        if index > start {
            arn.push(',');
        }
        arn.push_str(cell);
        if is_arn_of(&arn, &name) {
            found.push(Holder { name: name.clone(), arn: arn.clone(), cells: index + 1 });
        }
    }
    found
}

/// Whether this is the ARN of the user (or of the root user) with this name.
pub(super) fn is_arn_of(arn: &str, name: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    let of_iam = parts.next() == Some("arn") && parts.nth(1) == Some("iam");
    let Some(resource) = parts.nth(2).filter(|_| of_iam && !arn.contains(char::REPLACEMENT_CHARACTER)) else {
        return false;
    };
    if name == ROOT {
        return resource == "root";
    }
    let path = resource.strip_prefix("user").and_then(|rest| rest.strip_suffix(name));
    !name.is_empty() && path.is_some_and(|path| path.starts_with('/') && path.ends_with('/'))
}

impl Holder {
    /// One cell for every column, where name and ARN are the first two: after them there are as many
    /// cells as columns, or more where the last column is a text that may hold commas.
    pub(super) fn row(self, columns: &[String], cells: &[&str]) -> Option<Vec<String>> {
        let (after, single) = (&cells[self.cells..], columns.len().checked_sub(2)?);
        let mut row = vec![self.name, self.arn];
        if after.len() == single {
            row.extend(after.iter().map(|cell| (*cell).to_owned()));
        } else if after.len() > single && columns.last().is_some_and(|column| column == FREE_TEXT) {
            let (before, text) = after.split_at(single - 1);
            row.extend(before.iter().map(|cell| (*cell).to_owned()));
            row.push(text.join(","));
        } else {
            return None;
        }
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells(row: &str) -> Vec<&str> {
        row.split(',').collect()
    }

    fn columns(names: &str) -> Vec<String> {
        names.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn an_arn_belongs_to_the_name_that_it_ends_in() {
        for (arn, name, expected) in [
            ("arn:aws:iam::123456789012:user/anna", "anna", true),
            ("arn:aws-us-gov:iam::123456789012:user/team/anna", "anna", true),
            ("arn:aws:iam::123456789012:user/a:b/anna", "anna", true),
            ("arn:aws:iam::123456789012:user/a,b/c,d", "c,d", true),
            ("arn:aws:iam::123456789012:root", ROOT, true),
            ("arn:aws:iam::123456789012:user/joanna", "anna", false),
            ("arn:aws:iam::123456789012:useranna", "anna", false),
            ("arn:aws:iam::123456789012:role/anna", "anna", false),
            ("arn:aws:sts::123456789012:user/anna", "anna", false),
            ("arn:aws:iam::123456789012:user/", "", false),
            ("arn:aws:iam::123456789012:user/ann\u{fffd}", "ann\u{fffd}", false),
            ("arn:aws:iam::123456789012:root", "root", false),
            ("arn:aws:iam::123456789012:user/anna", ROOT, false),
            ("anna", "anna", false),
        ] {
            assert_eq!(is_arn_of(arn, name), expected, "{arn} {name}");
        }
    }

    #[test]
    fn a_name_is_put_together_and_so_is_its_arn() {
        let row = cells("smith,j,arn:aws:iam::1:user/a,b/smith,j,2024,true");
        let holders = holders(&row);
        assert_eq!(holders.len(), 1);
        assert_eq!((holders[0].name.as_str(), holders[0].arn.as_str()), ("smith,j", "arn:aws:iam::1:user/a,b/smith,j"));
        for (names, expected) in [
            ("user,arn,created,mfa", Some("2024|true")),
            ("user,arn,additional_credentials_info", Some("2024,true")),
            ("user,arn,created", None),
            ("user,arn,created,mfa,cert", None),
            ("user", None),
        ] {
            let fitted = super::holders(&row).remove(0).row(&columns(names), &row);
            assert_eq!(fitted.map(|fitted| fitted[2..].join("|")).as_deref(), expected, "{names}");
        }
    }

    #[test]
    fn a_path_that_looks_like_the_rest_of_a_row_leaves_two_ways() {
        let row = cells("anna,arn:aws:iam::1:user/anna,2024,true/anna,2020,false");
        let ends: Vec<usize> = holders(&row).iter().map(|holder| holder.cells).collect();
        assert_eq!(ends, [2, 4]);
    }

    #[test]
    fn a_row_without_an_arn_is_nobodys() {
        for row in ["", "anna", "anna,2024,true", "anna,arn:aws:iam::1:user/bert", "arn:aws:iam::1:user/anna"] {
            assert_eq!(holders(&cells(row)), [], "{row}");
        }
    }

    proptest! {
        #[test]
        fn whoever_a_row_is_written_of_is_among_its_holders(
            name in "[a-zA-Z0-9+=,.@_-]{1,20}",
            path in "/([!-~]{1,12}/){0,3}",
            rest in prop::collection::vec("[a-z0-9]{0,4}", 0..5),
        ) {
            let arn = format!("arn:aws:iam::123456789012:user{path}{name}");
            let row = std::iter::once(format!("{name},{arn}")).chain(rest.clone()).collect::<Vec<_>>().join(",");
            let found = holders(&cells(&row)).into_iter().find(|holder| holder.arn == arn);
            let found = found.expect("a holder");
            prop_assert_eq!(&found.name, &name);
            let names: Vec<String> = ["user", "arn"].into_iter().chain(rest.iter().map(|_| "c")).map(str::to_owned).collect();
            let fitted = found.row(&names, &cells(&row)).expect("as many cells as columns");
            prop_assert_eq!(&fitted[2..], &rest[..]);
        }

        #[test]
        fn arbitrary_cells_never_panic(row in "[arn:iamuser/,<>-]{0,200}", names in "[a-z,]{0,20}") {
            let row = cells(&row);
            for holder in holders(&row) {
                if let Some(fitted) = holder.row(&columns(&names), &row) {
                    prop_assert_eq!(fitted.len(), columns(&names).len());
                }
            }
        }
    }
}
