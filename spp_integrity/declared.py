# Part of the SPP attendance suite. LGPL-3.
"""Declarations on the classes of a model: those of an addon and of all that extend it add up."""


def declared(model_class, attribute):
    """What all classes of a model declare under one name, those of the addons below first.

    :param model_class: class of the model in the registry
    :param str attribute: name of a tuple, dict or single text on the classes
    :return: tuple of its elements, or of the pairs of a dict
    """
    found = model_class.__dict__.get("_spp_declared")
    # the registry gives a class other bases when an addon is installed
    if found is None or found[0] is not model_class.__mro__:
        found = model_class._spp_declared = (model_class.__mro__, {})
    if attribute not in found[1]:
        elements = {}
        for base in reversed(model_class.__mro__):
            own = vars(base).get(attribute, ())
            own = (own,) if isinstance(own, str) else own
            elements.update(dict.fromkeys(own.items() if isinstance(own, dict) else own))
        found[1][attribute] = tuple(elements)
    return found[1][attribute]
