locals {
  a = local.b
  b = [local.c, local.a]
  c = merge({ x = local.b }, var.u)
}
variable "u" {}
resource "aws_s3_bucket" "a" {
  bucket = aws_s3_bucket.b.bucket
  tags   = local.a
}
resource "aws_s3_bucket" "b" { bucket = aws_s3_bucket.a.id }
module "self" {
  source = "./"
  v      = local.a
}
