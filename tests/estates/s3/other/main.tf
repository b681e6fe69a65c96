resource "aws_s3_bucket" "parity_logs" {
  bucket = "parity-service-logs"
}

# The emulator gives a new bucket no settings, as S3 did before April 2023.
resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.parity_logs.id
  block_public_acls       = false
  block_public_policy     = false
  ignore_public_acls      = false
  restrict_public_buckets = false
}

resource "aws_s3_bucket" "parity_versioned" {
  bucket = "parity-versioned"
}

# The emulator gives a new bucket no settings, as S3 did before April 2023.
resource "aws_s3_bucket_public_access_block" "versioned" {
  bucket                  = aws_s3_bucket.parity_versioned.id
  block_public_acls       = false
  block_public_policy     = false
  ignore_public_acls      = false
  restrict_public_buckets = false
}

resource "aws_s3_bucket_versioning" "versioned" {
  bucket = aws_s3_bucket.parity_versioned.id
  mfa    = "arn:aws:iam::123456789012:mfa/root 123456"
  versioning_configuration {
    status     = "Enabled"
    mfa_delete = "Enabled"
  }
}
