resource "aws_s3_bucket" "parity_good" {
  bucket = "parity-good"
}

resource "aws_s3_bucket_public_access_block" "good" {
  bucket                  = aws_s3_bucket.parity_good.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "good" {
  bucket = aws_s3_bucket.parity_good.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "good" {
  bucket = aws_s3_bucket.parity_good.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.parity_good.arn
    }
  }
}

resource "aws_s3_bucket_logging" "good" {
  bucket        = aws_s3_bucket.parity_good.id
  target_bucket = aws_s3_bucket.parity_logs.id
  target_prefix = "good/"
  depends_on    = [aws_s3_bucket_policy.logs]
}

resource "aws_s3_bucket_policy" "good" {
  bucket = aws_s3_bucket.parity_good.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.parity_good.arn, "${aws_s3_bucket.parity_good.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_s3_bucket_lifecycle_configuration" "good" {
  bucket = aws_s3_bucket.parity_good.id
  rule {
    id     = "expire"
    status = "Enabled"
    filter {}
    expiration {
      days = 400
    }
  }
}

resource "aws_s3_bucket" "parity_logs" {
  bucket = "parity-logs"
}

# The emulator gives a new bucket no settings, as S3 did before April 2023.
resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.parity_logs.id
  block_public_acls       = false
  block_public_policy     = false
  ignore_public_acls      = false
  restrict_public_buckets = false
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.parity_logs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "logging.s3.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.parity_logs.arn}/*"
      },
      {
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = aws_s3_bucket.parity_logs.arn
      },
      {
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.parity_logs.arn}/*"
        Condition = { StringEquals = { "s3:x-amz-acl" = "bucket-owner-full-control" } }
      },
    ]
  })
}

resource "aws_s3_bucket" "parity_open" {
  bucket = "parity-open"
}

resource "aws_s3_bucket_ownership_controls" "open" {
  bucket = aws_s3_bucket.parity_open.id
  rule {
    object_ownership = "ObjectWriter"
  }
}

resource "aws_s3_bucket_public_access_block" "open" {
  bucket                  = aws_s3_bucket.parity_open.id
  block_public_acls       = false
  block_public_policy     = true
  ignore_public_acls      = false
  restrict_public_buckets = true
}

resource "aws_s3_bucket_acl" "open" {
  bucket     = aws_s3_bucket.parity_open.id
  acl        = "public-read"
  depends_on = [aws_s3_bucket_ownership_controls.open, aws_s3_bucket_public_access_block.open]
}

resource "aws_s3_bucket_versioning" "open" {
  bucket = aws_s3_bucket.parity_open.id
  versioning_configuration {
    status = "Suspended"
  }
}

resource "aws_s3_bucket" "parity_bad" {
  bucket = "parity-bad"
}

# The emulator gives a new bucket no settings, as S3 did before April 2023.
resource "aws_s3_bucket_public_access_block" "bad" {
  bucket                  = aws_s3_bucket.parity_bad.id
  block_public_acls       = false
  block_public_policy     = false
  ignore_public_acls      = false
  restrict_public_buckets = false
}

resource "aws_s3_bucket_policy" "bad" {
  bucket = aws_s3_bucket.parity_bad.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource  = "${aws_s3_bucket.parity_bad.arn}/*"
      },
      {
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = aws_s3_bucket.parity_bad.arn
      },
      {
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.parity_bad.arn}/*"
        Condition = { StringEquals = { "s3:x-amz-acl" = "bucket-owner-full-control" } }
      },
    ]
  })
}

# What these need of other services.

resource "aws_kms_key" "parity_good" {
  description         = "parity-good"
  enable_key_rotation = true
}

resource "aws_cloudtrail" "parity_bad" {
  name           = "parity-bad"
  s3_bucket_name = aws_s3_bucket.parity_bad.id
  enable_logging = false
  depends_on     = [aws_s3_bucket_policy.bad]
}
