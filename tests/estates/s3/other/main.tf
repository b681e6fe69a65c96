resource "aws_s3_bucket" "parity_logs" {
  bucket = "parity-service-logs"
}

resource "aws_s3_bucket" "parity_versioned" {
  bucket = "parity-versioned"
}

resource "aws_s3_bucket_versioning" "versioned" {
  bucket = aws_s3_bucket.parity_versioned.id
  mfa    = "arn:aws:iam::123456789012:mfa/root 123456"
  versioning_configuration {
    status     = "Enabled"
    mfa_delete = "Enabled"
  }
}
