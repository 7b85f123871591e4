"""Reads a CloudFormation template and works out what a stack with given parameters would have.

`load` turns short tags (`!Ref`) into the long forms. `Stack` decides conditions and functions; what
only AWS knows stays visible as `<Resource>` or `<Resource.Attribute>`.
"""

import re

import yaml

PSEUDO_PARAMETERS = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackName": "sparkify",
}
NO_VALUE = object()


class TemplateError(Exception):
    """The template cannot be read, or says what no stack can have."""


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags, in which no key stands twice."""

    def construct_mapping(self, node, deep=False):
        names = [key.value for key, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise TemplateError(f"line {node.start_mark.line + 1}: {name} stands there twice")
        return super().construct_mapping(node, deep=True)


def _tagged(loader, tag, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if tag in ("Ref", "Condition"):
        return {tag: value}
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _tagged)


def load(text):
    return yaml.load(text, Loader=_Loader)


def _function(value):
    """The name and argument if `value` is a function, else nothing."""
    if isinstance(value, dict) and len(value) == 1:
        (name, argument), = value.items()
        if name == "Ref" or name == "Condition" or name.startswith("Fn::"):
            return name, argument
    return None


def _text(value):
    """As CloudFormation compares: everything is a string."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class Stack:
    """A template with parameters; those that are not given have their defaults."""

    def __init__(self, template, parameters):
        self.template = template
        declared = template["Parameters"]
        unknown = set(parameters) - set(declared)
        if unknown:
            raise TemplateError(f"no such parameters: {sorted(unknown)}")
        self.values = dict(PSEUDO_PARAMETERS)
        for name, parameter in declared.items():
            if name not in parameters and "Default" not in parameter:
                raise TemplateError(f"{name} has no default and was not given")
            self.values[name] = parameters.get(name, parameter.get("Default"))

    def resources(self):
        """Those that exist, by name, with their functions worked out."""
        return self._existing("Resources")

    def outputs(self):
        return self._existing("Outputs")

    def refusals(self):
        """What the template's rules say of the parameters; empty if they let them pass."""
        said = []
        for rule in self.template.get("Rules", {}).values():
            if not self.holds(rule.get("RuleCondition", {"Fn::Equals": ["", ""]})):
                continue
            for assertion in rule["Assertions"]:
                if not self.holds(assertion["Assert"]):
                    said.append(assertion["AssertDescription"])
        return said

    def _existing(self, section):
        found = {}
        for name, body in self.template[section].items():
            if "Condition" not in body or self.holds({"Condition": body["Condition"]}):
                found[name] = self.resolve({k: v for k, v in body.items() if k != "Condition"})
        return found

    def holds(self, condition):
        name, argument = _function(condition)
        if name == "Condition":
            return self.holds(self.template["Conditions"][argument])
        if name == "Fn::Equals":
            left, right = (self.resolve(side) for side in argument)
            return _text(left) == _text(right)
        if name == "Fn::Not":
            return not self.holds(argument[0])
        if name == "Fn::And":
            return all(self.holds(part) for part in argument)
        if name == "Fn::Or":
            return any(self.holds(part) for part in argument)
        if name == "Fn::Contains":
            return _text(self.resolve(argument[1])) in (_text(one) for one in argument[0])
        if name == "Fn::EachMemberIn":
            return True  # asks what is in the account: AWS alone can answer
        raise TemplateError(f"{name} is no condition that is known here")

    def resolve(self, value):
        function = _function(value)
        if function is not None:
            return self._call(*function)
        if isinstance(value, dict):
            pairs = ((key, self.resolve(part)) for key, part in value.items())
            return {key: part for key, part in pairs if part is not NO_VALUE}
        if isinstance(value, list):
            return [part for part in map(self.resolve, value) if part is not NO_VALUE]
        return value

    def _call(self, name, argument):
        if name == "Ref":
            return self._reference(argument)
        if name == "Fn::GetAtt":
            self._must_exist(argument[0])
            return f"<{'.'.join(argument)}>"
        if name == "Fn::If":
            chosen = argument[1] if self.holds({"Condition": argument[0]}) else argument[2]
            return self.resolve(chosen)
        if name == "Fn::Sub":
            return re.sub(r"\$\{([^}]+)\}", lambda hole: self._filled(hole.group(1)), argument)
        raise TemplateError(f"{name} is no function that is known here")

    def _filled(self, name):
        if "." in name:
            return self._call("Fn::GetAtt", name.split(".", 1))
        return _text(self._reference(name))

    def _reference(self, name):
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.values:
            return self.values[name]
        self._must_exist(name)
        return f"<{name}>"

    def _must_exist(self, resource):
        body = self.template["Resources"].get(resource)
        if body is None:
            raise TemplateError(f"{resource} is neither a parameter nor a resource")
        if "Condition" in body and not self.holds({"Condition": body["Condition"]}):
            raise TemplateError(f"{resource} is used where it does not exist")
