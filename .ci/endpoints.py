"""Where AWS's services are asked, by the rule sets in botocore.

`evaluate` asks the rules for every service, region and mode: what the client's resolver is tested
against. `exceptions` says where the answers are not `https://PREFIX[-fips].REGION.SUFFIX`: what the
client's resolver reads.
"""

import json
import re
from collections import defaultdict

from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError

# What operations say about a label before the host, or about directory buckets, which are not asked for.
ASIDE = {"RequiresAccountId", "UseS3ExpressControlEndpoint"}
READS = re.compile("BatchGet|Describe|Get|List")
# By (FIPS, dual stack).
MODES = {(False, False): "standard", (True, False): "fips", (False, True): "dual_stack", (True, True): "both"}


def evaluate(loader, services):
    """Per endpoint prefix: signing name, and per mode the URLs with the partitions or regions that have them.

    `services` has the operations of each; none stands for all that read.
    """
    partitions = loader.load_data("partitions")
    result = {}
    for name, asked in sorted(services.items()):
        model = loader.load_service_model(name, "service-2")
        operations = asked or [each for each in model["operations"] if READS.match(each)]
        prefix = model["metadata"]["endpointPrefix"]
        row = {"signing_name": model["metadata"].get("signingName", prefix)}
        for mode in MODES:
            row[MODES[mode]] = by_url(loader, partitions, name, model, operations, mode)
        if result.setdefault(prefix, row) != row:
            raise ValueError(f"{name} shares the prefix {prefix} with a service that is elsewhere")
    places = {each["id"]: regions(each) for each in partitions["partitions"]}
    return {"partitions": places, "services": result}


def by_url(loader, partitions, name, model, operations, mode):
    rules = loader.load_service_model(name, "endpoint-rule-set-1")
    provider = EndpointProvider(rules, partitions)
    # What its operations tell the rules, each once.
    told = [model["operations"][each].get("staticContextParams", {}) for each in operations]
    told = [each for index, each in enumerate(told) if each not in told[:index]]
    places = {}
    for region in (each for partition in partitions["partitions"] for each in regions(partition)):
        answers = {resolve(provider, rules, model, each, region, mode) for each in told}
        if len(answers) != 1:
            raise ValueError(f"{name}: its operations are at different places: {answers}")
        places[region] = answers.pop()
    # A URL with `{region}`, or whole where another region signs.
    signs_itself = all(signing == region for region, (url, signing) in places.items() if url)
    for region, (url, signing) in places.items():
        if url and (signs_itself or not signing):
            places[region] = (url.replace(f".{region}.", ".{region}."), None)
    found = defaultdict(list)
    for partition in partitions["partitions"]:
        at = {region: places[region] for region in regions(partition)}
        if len(set(at.values())) == 1:
            found[at.popitem()[1]].append(partition["id"])
        for region, answer in at.items() if len(set(at.values())) > 1 else ():
            found[answer].append(region)
    return [
        {"url": url, **({"signing_region": signing} if signing else {}), "at": where}
        for (url, signing), where in sorted(found.items(), key=lambda each: each[1])
    ]


def regions(partition):
    return [each for each in partition["regions"] if "global" not in each]


def resolve(provider, rules, model, told, region, mode):
    """The URL, and the region that signs where the rules say it; nothing if refused."""
    parameters = {key: value["value"] for key, value in told.items()}
    parameters |= {"Region": region, "UseFIPS": mode[0], "UseDualStack": mode[1]}
    parameters = {key: parameters[key] for key in parameters if key in rules["parameters"] and key not in ASIDE}
    try:
        endpoint = provider.resolve_endpoint(**parameters)
    except EndpointProviderError:
        return None, None
    scheme = next(iter(endpoint.properties.get("authSchemes", [])), {})
    metadata = model["metadata"]
    usual = metadata.get("signingName", metadata["endpointPrefix"])
    if scheme.get("name", "sigv4") != "sigv4" or scheme.get("signingName", usual) != usual:
        raise ValueError(f"{endpoint.url} is not signed as usual: {scheme}")
    if endpoint.headers:
        raise ValueError(f"{endpoint.url} wants headers: {endpoint.headers}")
    return endpoint.url, scheme.get("signingRegion")


def exceptions(loader, found):
    """Per endpoint prefix what is not regular: partition (or `all`), mode, and the URL there."""
    partitions = loader.load_data("partitions")["partitions"]
    rows = {}
    for prefix, service in found["services"].items():
        row = rows[prefix] = {}
        for mode in MODES:
            suffix = "dual_stack_suffix" if mode[1] else "suffix"
            regular = {"url": f"https://{prefix}{'-fips' if mode[0] else ''}.{{region}}.{{{suffix}}}"}
            rules = {each["id"]: rule_in(each, prefix, service[MODES[mode]], regular) for each in partitions}
            usual = max(rules.values(), key=list(rules.values()).count)
            for partition, rule in {"all": usual, **rules}.items():
                if rule != (regular if partition == "all" else usual):
                    row.setdefault(partition, {})[MODES[mode]] = rule
    told = {
        each["id"]: {"home": each["outputs"]["implicitGlobalRegion"], "start": region_start(each)}
        for each in partitions
    }
    return {"partitions": told, "services": rows}


def rule_in(partition, prefix, told, regular):
    """Where a partition has the service.

    In a URL `{suffix}` and `{dual_stack_suffix}` are the domains of the partition, and `{home}` is the
    region of its global services.
    """
    outputs = partition["outputs"]
    at = {}
    for each in told:
        rule = rule_of(each, outputs) if each["url"] else {"refused": True}
        for region in regions(partition):
            if region in each["at"] or partition["id"] in each["at"]:
                at[region] = rule
    first, *others = at.values()
    if all(each == first for each in others):
        return first
    if any(each.keys() != {"url"} for each in at.values()):
        raise ValueError(f"{prefix} signs for other regions at more than one place, or is refused in some")
    return {"regions": {region: rule["url"] for region, rule in at.items() if rule != regular}}


def rule_of(place, outputs):
    """A URL of a partition with these outputs, in the words of `rule_in`."""
    url = place["url"]
    for key, suffix in (("suffix", "dnsSuffix"), ("dual_stack_suffix", "dualStackDnsSuffix")):
        url = re.sub(rf"\.{re.escape(outputs[suffix])}$", f".{{{key}}}", url)
    signing, home = place.get("signing_region"), outputs["implicitGlobalRegion"]
    if not signing:
        return {"url": url}
    return {"url": url.replace(f".{home}.", ".{home}."), "signing_region": "{home}" if signing == home else signing}


def region_start(partition):
    """What the names of a partition's regions begin with, and no other's. Of `aws` it is not said."""
    if partition["id"] == "aws":
        return ""
    match = re.fullmatch(r"\^((?:\w|\\-)+?)\\-(?:\(de\)\\-)?\\w\+\\-\\d\+\$", partition["regionRegex"])
    return match[1].replace("\\", "") + "-"


def show(value, depth=0):
    """JSON with a line for each rule."""
    if not isinstance(value, dict) or not value or value.keys() & {"home", "url", "regions", "refused"}:
        return json.dumps(value, sort_keys=True)
    pad = " " * (depth + 1)
    lines = [f"{pad}{json.dumps(key)}: {show(each, depth + 1)}" for key, each in sorted(value.items())]
    return "{\n" + ",\n".join(lines) + "\n" + " " * depth + "}"
