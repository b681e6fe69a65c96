module "m" {
  source   = "./m"
  for_each = toset(["eu", "us"])
  name     = each.key
}
output "o" { value = module.m["eu"].arn }
resource "aws_s3_bucket_policy" "p" {
  bucket = module.m["eu"].id
  policy = data.aws_iam_policy_document.d.json
}
data "aws_iam_policy_document" "d" {
  source_policy_documents = [templatefile("${path.module}/text.tftpl", { a = "b" })]
  statement {
    sid     = "x"
    actions = ["s3:*"]
    principals {
      type        = "AWS"
      identifiers = ["*", "arn:aws:iam::${data.aws_caller_identity.c.account_id}:root"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = [false]
    }
  }
}
#== m/main.tf
variable "name" { type = string }
resource "aws_s3_bucket" "this" { bucket = "b-${var.name}" }
output "arn" { value = aws_s3_bucket.this.arn }
output "id" { value = aws_s3_bucket.this.id }
module "up" { source = "../" }
#== terraform.tfvars
name = "x"
list = [1, { a = null }]
#== text.tftpl
{"Statement": [{"Sid": "${a}", "Effect": "Allow", "Action": "*"}]}
