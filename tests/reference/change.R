# Change between surveys and averages over them: several designs stacked on each other, svyby() with its covariances, and
# svycontrast(). Run by hand from this folder:
#
#     Rscript change.R
#
# writes expected/change.json. Needs survey.

library(survey)
library(jsonlite)
options(survey.lonely.psu = "fail")

read <- function(name) read.csv(file.path("data", paste0(name, ".csv")), stringsAsFactors = TRUE)
keep <- c("x", "bin", "w")

# Independent surveys: each in strata of its own.
stratified <- read("stratified"); unequal <- read("unequal"); twostage <- read("twostage")
parts <- list(
  data.frame(wave = "a", h = paste0("a", stratified$stratum), unit = paste0("a", seq_len(nrow(stratified))), stratified[keep]),
  data.frame(wave = "b", h = "b", unit = paste0("b", seq_len(nrow(unequal))), unequal[keep]),
  data.frame(wave = "c", h = paste0("c", twostage$stratum), unit = paste0("c", twostage$stratum, "-", twostage$psu), twostage[keep])
)
stacked <- svydesign(ids = ~unit, strata = ~h, weights = ~w, data = do.call(rbind, parts), nest = TRUE)

# Surveys that share respondents: the person is the unit, whatever the wave. Rows 1 to 180 and 61 to 240.
people <- read("unequal")[1:240, ]
people$id <- seq_len(nrow(people))
first <- people[1:180, ]; second <- people[61:240, ]
second$x <- second$x + second$y / 10
second$bin <- as.integer((second$bin == 1 & second$id %% 3 > 0) | second$id %% 5 == 0)
both <- rbind(data.frame(wave = "a", id = first$id, first[keep]), data.frame(wave = "b", id = second$id, second[keep]))
panel <- svydesign(ids = ~id, weights = ~w, data = both)

told <- function(d, formula) {
  by <- svyby(formula, ~wave, d, svymean, na.rm = TRUE, covmat = TRUE)
  waves <- names(coef(by))
  change <- svycontrast(by, setNames(c(-1, 1, rep(0, length(waves) - 2)), waves))
  average <- svycontrast(by, setNames(rep(1 / length(waves), length(waves)), waves))
  list(
    estimate = unname(coef(by)), se = unname(SE(by)), cov = unname(vcov(by)),
    change = unname(coef(change)), change_se = as.vector(SE(change)),
    average = unname(coef(average)), average_se = as.vector(SE(average))
  )
}

answers <- list(
  meta = list(R = R.version.string, survey = as.character(packageVersion("survey"))),
  independent = list(x = told(stacked, ~x), bin = told(stacked, ~bin)),
  panel = list(x = told(panel, ~x), bin = told(panel, ~bin), units = length(unique(both$id)))
)
writeLines(toJSON(answers, digits = 17, auto_unbox = TRUE, pretty = TRUE), "expected/change.json")
