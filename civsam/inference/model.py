"""Models of answers by background variables at once: shares, counts, answers in or out of order; scales; clusters."""

from __future__ import annotations

from collections.abc import Sequence

from civsam.inference import models
from civsam.inference.equations import Measure, measure
from civsam.inference.models import FAMILIES, Covariates, Fit, intraclass_correlation, multinomial_regression
from civsam.inference.ordinal import ordinal
from civsam.inference.scales import index, reliability
from civsam.survey.grouping import the_survey
from civsam.survey.survey import Survey

__all__ = ("index", "intraclass_correlation", "measure", "regression", "reliability")

OF_ITEMS = {"ordinal": ordinal, "multinomial": multinomial_regression}


def regression(
    survey: Survey, what: Measure | str, by: Sequence[str], model: str, covariates: Covariates = None
) -> Fit:
    """A model of answers by frame variables and numeric covariates (n, p), main effects.

    what and model: a measure (`measure`) by linear, logit or count (Poisson mean, variance from the data:
    quasi-Poisson); an item by ordinal (proportional odds) or multinomial (the logarithm of how many times as often
    each answer is given as the first), 'ved ikke' left out.

    covariates: with the respondents' keys as index, in any order; an array has a row a respondent. Who lacks one is
    left out, and has not responded: the weights are those of `Survey.among` the others.

    Variance after Binder (1983), for the process CR2 (Bell & McCaffrey 2002), but for ordinal, of which it is not
    defined. The fit has `coefficients`, `marginal_effects` and `term_test`.

    Raises TypeError for a measure where an item is meant, or the other way, UserError for an index that does not fit
    and for what is no number, ValueError for an unknown model, one that does not fit the answers, answers that are all
    alike, a group or covariate that follows from others, and where the groups separate the answers, so that a
    coefficient is infinite.

    >>> from civsam import model, open_edition
    >>> survey = open_edition().process
    >>> fit = model.regression(survey, model.measure(survey, "pol_fokus", "ja"), ["region"], "logit")
    >>> fit.marginal_effects()["term"].tolist()[:2]
    ['region=sjaelland', 'region=syddanmark']
    >>> model.regression(survey, "vae_omkostning", ["udgiftspres"], "ordinal").term_test("udgiftspres")["df1"].item()
    2
    """
    the_survey(survey)
    if model not in (*FAMILIES, *OF_ITEMS):
        raise ValueError(f"model must be one of {', '.join((*FAMILIES, *OF_ITEMS))}, not {model!r}")
    if model in FAMILIES:
        if isinstance(what, str):
            raise TypeError(f"{model} is of a measure, `model.measure(survey, {what!r}, answer)`, not of an item. Of "
                            f"items are {' and '.join(OF_ITEMS)}")
        return models.regression(survey, what, by, model, covariates)
    if not isinstance(what, str):
        raise TypeError(f"{model} is of an item, such as {next(iter(survey.questionnaire.items))!r}, and takes all of "
                        f"its answers, not {what!r}")
    return OF_ITEMS[model](survey, what, by, covariates)
