#== main.tf.json
{"//": "x", "variable": {"a": {"default": [1, 2], "type": "list(number)"}},
 "locals": {"n": "${length(var.a)}"},
 "resource": {"aws_db_instance": {"d": [{"count": "${local.n}", "storage_encrypted": "${var.a[0] == 1}",
  "dynamic": {"tag": {"for_each": "${var.a}", "content": {"x": "${tag.value}"}}}, "lifecycle": {"ignore_changes": ["x"]}}]}},
 "module": {"m": {"source": "./m", "providers": {"aws": "aws.eu"}}}}
#== m/main.tf.json
{"resource": {"aws_ebs_volume": {"v": {"encrypted": false}}}}
#== x.auto.tfvars.json
{"a": [3, 4e300, -1]}
