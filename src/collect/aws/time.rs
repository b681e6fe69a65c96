//! Times that AWS tells otherwise than as times.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// RFC 3339 in UTC; `None` only for a time outside of what RFC 3339 can say.
pub(crate) fn rfc3339(time: &DateTime) -> Option<String> {
    time.fmt(Format::DateTime).ok()
}

/// RFC 3339 in UTC of milliseconds since the epoch, as `CloudWatch` Logs tells times.
pub(crate) fn millis(time: i64) -> Option<String> {
    rfc3339(&DateTime::from_millis(time))
}
