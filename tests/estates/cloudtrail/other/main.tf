resource "aws_cloudtrail" "parity_bad" {
  name           = "parity-bad"
  s3_bucket_name = "parity-elsewhere"
}
