# Weights, strata, clusters, populations and replicate weights that come with the data, as a survey uses them.
# Rscript given.R, from this folder; writes data/given.csv (`paired` with a population and 20 replicate weights)
# and expected/given.json.
source("reference.R")  # its functions

f <- read("paired"); m <- read_margins("paired")
f$fpc <- 5 + f$stratum  # clusters in the population of the stratum
plain <- svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = f)
again <- unclass(as.matrix(weights(as.svrepdesign(plain, type = "JKn", compress = FALSE), type = "analysis")))
colnames(again) <- sprintf("rw%02d", 1:20)
f <- cbind(f, round(again, 6))
write.csv(f[c("id", "sex", "age", "region", "group", "two", "cat", "tie", "y", "stratum", "psu", "fpc", "w", colnames(again))],
          "data/given.csv", row.names = FALSE, quote = FALSE)
f <- read("given"); columns <- f[colnames(again)]

# share of each category of a question in a design, with the interval that the topline has (svyciprop's "logit"
# is the same but for the digits that its model leaves out)
share <- function(d, v, level, method, df) {
  d <- update(d, hit = as.numeric(d$variables[[v]] == level))
  s <- svymean(~hit, d)
  ci <- svyciprop(~hit, d, method = method, df = df)
  list(est = as.vector(coef(s)), se = as.vector(SE(s)), df = df, ci = as.vector(attr(ci, "ci")))
}

# Degrees of freedom are those of the design before any calibration, which makes no units (README.md).
of_design <- function(d, method, before = d) {
  out <- list()
  groups <- list(all = rep(TRUE, nrow(f)), g1 = f$group == "g1", g2 = f$group == "g2", g3 = f$group == "g3")
  for (g in names(groups)) {
    part <- d[groups[[g]], ]; df <- degf(before[groups[[g]], ])
    for (v in c("cat", "sex")) for (level in levels(f[[v]])) out[[paste(g, v, level, sep = ".")]] <- share(part, v, level, method, df)
    s <- svymean(~y, part)
    out[[paste(g, "y", sep = ".")]] <- list(est = as.vector(coef(s)), se = as.vector(SE(s)), df = df, ci = as.vector(confint(s, df = df)))
  }
  ch <- svychisq(~cat + group, d)
  out$chisq <- list(statistic = unname(ch$statistic), df = unname(ch$parameter), p = unname(ch$p.value))
  out
}

result <- list(meta = meta)
f$one <- 1
result$weighted <- of_design(svydesign(~psu, strata = ~stratum, weights = ~w, fpc = ~fpc, nest = TRUE, data = f), "xlogit")
result$unweighted <- of_design(svydesign(~psu, strata = ~stratum, weights = ~one, fpc = ~fpc, nest = TRUE, data = f), "xlogit")
jkn <- svrepdesign(weights = ~w, repweights = columns, type = "JKn", rscales = rep(0.5, 20), scale = 1, data = f)
result$replicates <- of_design(jkn, "xlogit")
totals <- totals_for(m, f, c("sex", "region"))
raked <- calibrate(jkn, ~sex + region, totals, calfun = "raking", epsilon = 1e-12, maxit = 500, compress = FALSE)
result$raked <- of_design(raked, "xlogit", jkn)
result$raked_weights <- as.vector(weights(raked, type = "sampling"))
linear <- calibrate(svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = f), ~sex + region, totals,
                    calfun = "raking", epsilon = 1e-12, maxit = 500)
result$raked_strata <- list(weights = as.vector(weights(linear)), y = simple(svymean(~y, linear), degf(linear)))

# what each type makes of one and the same replicate weights
for (type in c("JK1", "JKn", "JK2", "BRR", "Fay", "bootstrap", "ACS", "successive-difference", "other")) for (mse in c(FALSE, TRUE)) {
  more <- switch(type, Fay = list(rho = 0.3), JKn = list(rscales = seq(0.4, 0.59, 0.01)), other = list(scale = 0.7, rscales = rep(1, 20)), list())
  d <- suppressWarnings(do.call(svrepdesign, c(list(weights = ~w, repweights = columns, type = type, mse = mse, data = f), more)))
  result$types[[paste0(type, if (mse) ".mse" else "")]] <- list(est = as.vector(coef(svymean(~y, d))), se = as.vector(SE(svymean(~y, d))))
}
multipliers <- as.matrix(columns) / f$w
d <- svrepdesign(weights = ~w, repweights = multipliers, combined.weights = FALSE, type = "JKn", rscales = rep(0.5, 20), scale = 1, data = f)
result$not_combined <- list(est = as.vector(coef(svymean(~y, d))), se = as.vector(SE(svymean(~y, d))))

# cut at 1.4 times the mean
plain <- svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = f)
cut <- trimWeights(plain, upper = 1.4 * mean(f$w), strict = TRUE)
result$trimmed <- list(weights = as.vector(weights(cut)), est = as.vector(coef(svymean(~y, cut))), se = as.vector(SE(svymean(~y, cut))))

# a stratum with one cluster
f$few <- f$stratum != 2 | f$psu == 1
few <- f[f$few, ]
for (rule in c("adjust", "average", "remove", "certainty")) {
  options(survey.lonely.psu = rule)
  d <- svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = few)
  result$lonely[[rule]] <- list(est = as.vector(coef(svymean(~y, d))), se = as.vector(SE(svymean(~y, d))))
}
writeLines(json(result), "expected/given.json")
