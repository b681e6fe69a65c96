resource "aws_cloudtrail" "parity_good" {
  name                       = "parity-good"
  s3_bucket_name             = aws_s3_bucket.parity_logs.id
  is_multi_region_trail      = true
  enable_log_file_validation = true
  kms_key_id                 = aws_kms_key.parity_good.arn
  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.parity_good.arn}:*"
  cloud_watch_logs_role_arn  = aws_iam_role.parity_delivery.arn
  depends_on                 = [aws_s3_bucket_policy.logs]
}

resource "aws_cloudtrail" "parity_bad" {
  name           = "parity-bad"
  s3_bucket_name = aws_s3_bucket.parity_bad.id
  enable_logging = false
  depends_on     = [aws_s3_bucket_policy.bad]
}

# What these need of other services.

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

resource "aws_kms_key" "parity_good" {
  description         = "parity-good"
  enable_key_rotation = true
}

resource "aws_iam_role" "parity_delivery" {
  name = "parity-delivery"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["cloudtrail.amazonaws.com", "config.amazonaws.com"] }
    }]
  })
}

resource "aws_cloudwatch_log_group" "parity_good" {
  name              = "parity-good"
  retention_in_days = 400
  kms_key_id        = aws_kms_key.parity_good.arn
}
