variable "v" {
  type    = map(object({ a = optional(string, "x"), b = list(number) }))
  default = { k = { b = [1, "2"] } }
}
locals {
  t = "a-${join(",", [for k, x in var.v : "${k}%{ if x.b[0] > 0 }y%{ endif }"])}"
  h = <<-EOT
    x ${local.t ~}
    %{ for i in [1, 2] ~}
    ${i}
    %{ endfor ~}
  EOT
}
resource "aws_security_group" "y" {
  for_each = var.v # tickmark:ignore sg-no-ssh-from-internet reason="r" until=2027-01-31
  dynamic "ingress" {
    for_each = each.value.b
    content {
      from_port   = ingress.value % 2 == 0 ? -ingress.key : 22
      to_port     = 22
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}
resource "aws_sqs_queue" "z" {
  count  = length(var.v)
  policy = jsonencode({ Statement = [{ Effect = "Allow", Principal = "*", Action = "*", Resource = aws_security_group.y["k"].arn }] })
}
