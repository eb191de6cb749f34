# What R's survey package says about the samples in data/. Run by hand from this folder:
#
#     Rscript reference.R
#
# writes expected/<design>.json, one per sample, with 17 significant digits. Needs the packages survey and
# MASS (without MASS every calibrate() with a raking or logit distance dies).
# README.md explains the keys. Where R leaves a choice, it is made here in the open: calibrate() stops at
# 1e-12 instead of 1e-7, intervals are by t with the degrees of freedom of the rows that have the case, and
# glm() iterates until nothing moves.

suppressMessages({library(survey); library(MASS)})
options(survey.lonely.psu = "fail", contrasts = c("contr.treatment", "contr.poly"))
set.seed(20181123)
tight <- glm.control(epsilon = 1e-15, maxit = 200)
level <- 0.95

# ---- JSON by hand: base R has no writer, and 17 digits must survive -------------------------------------

json <- function(x, pad = "") {
  inner <- paste0(pad, " ")
  quoted <- function(s) paste0('"', gsub('"', '\\\\"', s), '"')
  if (is.null(x)) return("null")
  if (is.list(x)) {
    if (length(x) == 0) return("{}")
    body <- vapply(seq_along(x), function(i) paste0(inner, quoted(names(x)[i]), ": ", json(x[[i]], inner)), "")
    return(paste0("{\n", paste(body, collapse = ",\n"), "\n", pad, "}"))
  }
  if (is.matrix(x)) {
    rows <- apply(x, 1, function(r) json(as.vector(r), inner))
    return(paste0("[", paste(rows, collapse = ", "), "]"))
  }
  x <- as.vector(x)
  one <- function(v) {
    if (is.character(v)) return(quoted(v))
    if (is.logical(v) && !is.na(v)) return(tolower(as.character(v)))
    if (is.na(v)) return("null")
    if (is.infinite(v)) return(quoted(if (v > 0) "inf" else "-inf"))
    sprintf("%.17g", v)
  }
  paste0("[", paste(vapply(x, one, ""), collapse = ", "), "]")
}

failed <- character()
try_it <- function(where, expr) {
  tryCatch(suppressWarnings(expr), error = function(e) {
    failed <<- c(failed, paste(where, conditionMessage(e)))
    NULL
  })
}

# ---- helpers --------------------------------------------------------------------------------------------

# Degrees of freedom. R's degf() of replicate weights is their rank, which falls when they are calibrated. Here
# a replicate design carries a `twin` to count on: the replicates before calibration or, where their weights
# are too many to be kept for exchange, the design they came from (clusters minus strata).
dof <- function(d) {
  if (is.null(d$twin)) return(degf(d))
  ids <- d$variables$id[active(d)]
  degf(eval(bquote(subset(d$twin, id %in% .(ids)))))
}

active <- function(d) weights(d, "sampling") != 0
cases <- function(d) sum(active(d))
full_vcov <- function(m) { v <- as.matrix(vcov(m)); dimnames(v) <- NULL; v }

by_t <- function(est, se, df) {
  half <- qt((1 + level) / 2, df) * se
  unname(cbind(est - half, est + half))
}

simple <- function(m, df, deff = NULL, replace = NULL) {
  se <- as.vector(SE(m)); est <- as.vector(coef(m))
  out <- list(names = names(coef(m)), est = est, se = se, df = df, ci = by_t(est, se, df), cov = full_vcov(m))
  if (!is.null(deff)) { out$deff <- as.vector(deff(deff)); out$deff_replace <- as.vector(deff(replace)) }
  out
}

with_deff <- function(fun, formula, d, df) {
  if (inherits(d, "svyrep.design")) return(simple(fun(formula, d, na.rm = TRUE), df))
  simple(fun(formula, d, na.rm = TRUE), df, fun(formula, d, deff = TRUE, na.rm = TRUE),
         fun(formula, d, deff = "replace", na.rm = TRUE))
}

present <- function(d, variable) eval(bquote(subset(d, !is.na(.(as.name(variable))))))

# Intervals of a proportion. svyciprop() counts the rows of a calibrated domain wrongly in "beta" (it keeps
# the rows outside, with weight zero), so nrow is spelled out; "likelihood" is spelled out because R
# interpolates a profile on a grid: here the root itself.
ciprop <- function(variable, d, df) {
  f <- make.formula(variable)
  d <- present(d, variable)
  d$variables[[variable]][is.na(d$variables[[variable]])] <- 0  # calibrated designs keep these rows, at weight zero
  m <- svymean(f, d); p <- as.vector(coef(m)); v <- as.vector(vcov(m))
  out <- list(est = p, se = sqrt(v), df = df, n = cases(d))
  for (method in c("logit", "mean", "asin", "xlogit"))
    out[[method]] <- try_it(paste("ciprop", method), as.vector(attr(svyciprop(f, d, method = method, df = df), "ci")))
  # With replicates svyciprop refits a logistic model in each; the logit of the replicated mean is the delta method.
  if (inherits(d, "svyrep.design")) out$logit <- out$xlogit
  ne <- p * (1 - p) / v * (qt((1 - level) / 2, cases(d) - 1) / qt((1 - level) / 2, df))^2
  a <- (1 - level) / 2
  out$beta <- c(qbeta(a, ne * p, ne * (1 - p) + 1), qbeta(1 - a, ne * p + 1, ne * (1 - p)))
  if (p > 0 && p < 1) {
    ne <- p * (1 - p) / v
    far <- function(q) 2 * ne * (p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))) - qt((1 + level) / 2, df)^2
    out$likelihood <- c(uniroot(far, c(1e-12, p), tol = 1e-15)$root, uniroot(far, c(p, 1 - 1e-12), tol = 1e-15)$root)
    out$likelihood_r <- try_it("ciprop likelihood", as.vector(attr(svyciprop(f, d, method = "likelihood", df = df), "ci")))
  }
  out
}

quantiles <- function(variable, d, probs, df) {
  q <- svyquantile(make.formula(variable), d, probs, na.rm = TRUE, ci = TRUE, df = df, qrule = "math")
  table <- unname(as.matrix(q[[1]]))  # by position: the name of the last column differs between design classes
  # Below the share of the smallest value R takes the second smallest for the end of the interval.
  x <- model.frame(d)[[variable]]; w <- weights(d, "sampling"); w[is.na(x)] <- 0; x <- x[w > 0]; w <- w[w > 0]
  first <- sum(w[x == min(x)]) / sum(w)
  for (i in seq_along(probs)) {
    part <- present(d, variable)
    part$variables$.below <- as.numeric(part$variables[[variable]] <= table[i, 1])
    part$variables$.below[is.na(part$variables$.below)] <- 0
    low <- confint(svymean(~.below, part), df = df)[1]
    if (low >= 0 && low < first) { table[i, 2] <- min(x); table[i, 4] <- (table[i, 3] - min(x)) / (2 * qt((1 + level) / 2, df)) }
  }
  list(probs = probs, est = table[, 1], se = table[, 4], ci = table[, 2:3, drop = FALSE], df = df)
}

groups_of <- function(d, by) sort(unique(as.character(model.frame(d)[[by]][active(d)])))
group_df <- function(d, by, variable = NULL) vapply(groups_of(d, by), function(g) {
  part <- eval(bquote(subset(d, .(as.name(by)) == .(g))))
  if (!is.null(variable)) part <- present(part, variable)
  dof(part)
}, 0)

# Estimates by group with the full covariance between groups, from one vector of totals and the delta method:
# svyby(covmat = TRUE) takes groups for independent in survey 4.1 (wrong once clusters cross groups) and fails
# on calibrated designs. Replicate designs go through svyby, which replicates them together.
by_totals <- function(d, top, bottom, by, mean = TRUE) {
  gs <- groups_of(d, by)
  f <- model.frame(d); k <- length(gs); q <- ncol(top)
  here <- sapply(gs, function(g) as.numeric(f[[by]] == g))
  ok <- complete.cases(top, bottom)
  top[!ok, ] <- 0; bottom[!ok] <- 0; here[!ok, ] <- 0
  columns <- do.call(cbind, lapply(seq_len(q), function(j) here * top[, j]))
  if (mean) columns <- cbind(columns, here * bottom)
  d$variables <- cbind(d$variables, setNames(as.data.frame(columns), paste0(".t", seq_len(ncol(columns)))))
  tot <- svytotal(make.formula(paste0(".t", seq_len(ncol(columns)))), d)
  V <- as.matrix(vcov(tot)); tot <- as.vector(coef(tot))
  if (!mean) return(list(groups = gs, est = tot, cov = unname(V)))
  t1 <- tot[seq_len(k * q)]; t2 <- rep(tot[k * q + seq_len(k)], q)
  J <- cbind(diag(1 / t2, k * q), do.call(rbind, lapply(seq_len(q), function(j) diag(-(t1 / t2^2)[(j - 1) * k + 1:k], k))))
  list(groups = gs, est = t1 / t2, cov = unname(J %*% V %*% t(J)))
}

grouped <- function(variable, by, d, what, over = NULL) {
  f <- model.frame(d)
  if (inherits(d, "svyrep.design")) {
    b <- if (what == "ratio") svyby(make.formula(variable), make.formula(by), d, svyratio, denominator = make.formula(over), covmat = TRUE)
      else svyby(make.formula(variable), make.formula(by), d, if (what == "total") svytotal else svymean, covmat = TRUE, na.rm = TRUE)
    out <- list(groups = groups_of(d, by), est = as.vector(coef(b)), cov = full_vcov(b))
  } else {
    v <- f[[variable]]
    top <- if (is.factor(v)) sapply(levels(v), function(l) as.numeric(v == l)) else cbind(v)
    out <- by_totals(d, top, if (is.null(over)) rep(1, nrow(top)) else f[[over]], by, what != "total")
  }
  out$se <- sqrt(diag(out$cov))
  out$df <- rep(as.vector(group_df(d, by, variable)), length.out = length(out$est))
  out$ci <- by_t(out$est, out$se, out$df)
  out
}

contrasts_of <- function(b, d) {
  L <- rbind(c(-1, 1, 0), c(-1, 0, 1), c(-1, 0.5, 0.5))
  V <- L %*% b$cov %*% t(L)
  g <- c(-b$est[2] / b$est[1]^2, 1 / b$est[1], 0)
  list(names = c("g2_g1", "g3_g1", "average"), est = as.vector(L %*% b$est), se = sqrt(diag(V)), cov = V,
       ratio = b$est[2] / b$est[1], ratio_se = sqrt(as.vector(g %*% b$cov %*% g)),
       df = sapply(list(c("g1", "g2"), c("g1", "g3"), c("g1", "g2", "g3")), function(g) dof(eval(bquote(subset(d, group %in% .(g)))))))
}

# ---- tests ----------------------------------------------------------------------------------------------

# The tail that svychisq() asks for with "lincom" and "saddlepoint". survey's own is good to 7 digits, falls back on
# the saddle point where CompQuadForm is missing, and cuts the denominator's degrees of freedom to a whole number
# (rep() and davies() do), which hangs on rounding where they are one. Here: Imhof's integral; the formula of
# survey:::saddle with its root to 15 digits; degrees of freedom as they are. On replicate designs svychisq() leaves
# out the denominator altogether; those are not compared.
assignInNamespace("pFsum", function(x, df, a, ddf, lower.tail, method) {
  f_tail <- pf(x / sum(a), sum(a)^2 / sum(a^2), ddf, lower.tail = FALSE)
  a <- c(a, -x / ddf) / max(a); df <- c(df, ddf)
  if (method == "saddlepoint") {
    slope <- function(z) sum(df * a / (1 - 2 * z * a))
    z <- uniroot(slope, c(max(1 / (2 * a[a < 0])), 0.5) * (1 - 1e-9), tol = 1e-16, maxiter = 1e4)$root
    if (abs(z) < 1e-4) return(f_tail)
    w <- sign(z) * sqrt(sum(df * log1p(-2 * z * a)))
    v <- z * sqrt(2 * sum(df * a^2 / (1 - 2 * z * a)^2))
    return(pnorm(w + log(v / w) / w, lower.tail = FALSE))
  }
  f <- function(u) sapply(u, function(u) sin(sum(df * atan(a * u)) / 2) / (u * exp(sum(df * log1p((a * u)^2)) / 4)))
  ends <- c(0, 0.1, 0.3, 1, 3, 10, 100, Inf)
  0.5 + sum(sapply(seq_len(7), function(i) integrate(f, ends[i], ends[i + 1], rel.tol = 1e-12, abs.tol = 1e-15, subdivisions = 2000L, stop.on.error = FALSE)$value)) / pi
}, "survey")

chisq <- function(formula, d) {
  out <- list()
  for (s in c("F", "Chisq", "Wald", "adjWald", if (!inherits(d, "svyrep.design")) c("lincom", "saddlepoint"))) {
    t <- try_it(paste("chisq", s), svychisq(formula, d, statistic = s))
    if (!is.null(t)) out[[s]] <- list(statistic = as.vector(t$statistic), df = as.vector(t$parameter), p = as.vector(t$p.value))
  }
  out
}

all_answered <- function(formula, d) {
  for (v in all.vars(formula)) d <- present(d, v)
  d
}

t_test <- function(formula, d) {
  t <- svyttest(formula, d)
  df <- dof(all_answered(formula, d)) - 1
  stopifnot(inherits(d, "svyrep.design") || t$parameter == df)
  est <- as.vector(t$estimate); value <- as.vector(t$statistic)
  list(est = est, t = value, df = df, p = 2 * pt(-abs(value), df), ci = by_t(est, est / value, df))
}

# R averages unweighted mid-cumulations within ties, which hangs on the order of the tied rows when their
# weights differ. `midrank` gives each tie the middle of its own weight; passed as a score function it goes
# through R's own test.
midrank <- function(y, w) { block <- tapply(w, y, sum); as.vector((cumsum(block) - block / 2)[as.character(y)]) }
rank_tests <- function(variable, by, d, ties) {
  out <- list()
  f <- as.formula(paste(variable, "~", by))
  use <- d
  rows <- active(use) & !is.na(model.frame(use)[[variable]])
  w <- weights(use, "sampling"); r <- rep(0, length(w))
  r[rows] <- midrank(model.frame(use)[[variable]][rows], w[rows])
  size <- sum(w[rows])
  rank_of <- function(score) {
    function(given, N) score(if (length(given) == length(r)) r else r[!is.na(model.frame(use)[[variable]])], size)
  }
  scores <- list(KruskalWallis = function(r, N) r / N, vanderWaerden = function(r, N) qnorm(ifelse(r == 0, N / 2, r) / N),
                 median = function(r, N) as.numeric(r > N / 2))
  for (s in names(scores)) {
    t <- try_it(paste("rank", s), svyranktest(f, use, test = if (ties) rank_of(scores[[s]]) else s))
    if (is.null(t)) next
    out[[s]] <- if (!is.null(t$ddf)) list(chisq = as.vector(t$parameter), ndf = as.vector(t$statistic), ddf = t$ddf, p = as.vector(t$p.value))
      else list(est = as.vector(t$estimate), t = as.vector(t$statistic), df = as.vector(t$parameter), p = as.vector(t$p.value))
  }
  out
}

model <- function(formula, d, family, terms) {
  m <- eval(bquote(svyglm(.(formula), d, family = .(family)(), control = tight)))
  # Twice more from the solution: glm() stops when the deviance no longer moves, which the coefficients still
  # do in the eighth digit, and takes the covariance from the step before.
  for (again in 1:2) m <- eval(bquote(svyglm(.(formula), d, family = .(family)(), control = tight, start = .(coef(m)))))
  m$call$formula <- formula
  df <- dof(all_answered(formula, d)) + 1 - length(coef(m))
  stopifnot(inherits(d, "svyrep.design") || m$df.residual == df)
  table <- coef(summary(m, df.resid = df))
  out <- list(names = names(coef(m)), est = as.vector(coef(m)), se = as.vector(SE(m)), t = as.vector(table[, 3]),
              p = as.vector(table[, 4]), df = df, cov = full_vcov(m), ci = unname(confint(m, ddf = df)), terms = list())
  for (term in terms) {
    w <- regTermTest(m, as.formula(paste("~", term)), df = df)
    out$terms[[term]] <- list(F = as.vector(w$Ftest), ndf = w$df, ddf = w$ddf, p = as.vector(w$p))
  }
  out
}

# ---- everything asked of one design ---------------------------------------------------------------------

statistics <- function(d, extra = TRUE) {
  df <- dof(d)
  replicate <- inherits(d, "svyrep.design")
  s <- list(degf = df)
  add <- function(key, value) { value <- try_it(key, value); if (!is.null(value)) s[[key]] <<- value }

  for (v in c("y", "x", "tie", "bin", "zero", "full")) add(paste0("mean.", v), with_deff(svymean, make.formula(v), d, df))
  add("mean.ymiss", with_deff(svymean, ~ymiss, d, dof(present(d, "ymiss"))))
  add("mean.joint", simple(svymean(~y + x + tie, d), df))
  add("prop.cat", with_deff(svymean, ~cat, d, df))
  add("total.y", with_deff(svytotal, ~y, d, df))
  add("total.ymiss", with_deff(svytotal, ~ymiss, d, dof(present(d, "ymiss"))))
  add("total.cat", with_deff(svytotal, ~cat, d, df))
  add("ratio.y_x", { r <- svyratio(~y, ~x, d); est <- as.vector(coef(r)); se <- as.vector(SE(r))
    out <- list(est = est, se = se, df = df, ci = by_t(est, se, df))
    if (!replicate) out$deff <- as.vector(deff(svyratio(~y, ~x, d, deff = TRUE)))
    out })
  probs <- c(0.1, 0.25, 0.5, 0.75, 0.9)
  for (v in c("y", "tie")) add(paste0("quantile.", v), quantiles(v, d, probs, df))
  add("quantile.ymiss", quantiles("ymiss", d, probs, dof(present(d, "ymiss"))))
  add("var.y", { v <- svyvar(~y, d); list(est = as.vector(v)[1], se = as.vector(SE(v))[1], df = df) })
  # svyvar() counts the missing in its n / (n - 1), except on replicate designs
  add("var.ymiss", { v <- svyvar(~ymiss, d, na.rm = TRUE); n <- nrow(model.frame(d)); m <- cases(present(d, "ymiss"))
    right <- if (replicate) 1 else m / (m - 1) / (n / (n - 1))
    list(est = as.vector(v)[1] * right, se = as.vector(SE(v))[1] * right, df = dof(present(d, "ymiss"))) })
  add("ciprop.bin", ciprop("bin", d, df))
  add("ciprop.binmiss", ciprop("binmiss", d, dof(present(d, "binmiss"))))

  add("by.mean.y.group", grouped("y", "group", d, "mean"))
  add("by.mean.ymiss.group", grouped("ymiss", "group", d, "mean"))
  add("by.mean.bin.group", grouped("bin", "group", d, "mean"))
  add("by.prop.cat.group", grouped("cat", "group", d, "mean"))
  add("by.total.y.group", grouped("y", "group", d, "total"))
  add("by.ratio.y_x.group", grouped("y", "group", d, "ratio", "x"))
  if (!replicate) add("by.deff.y.group", {
    b <- svyby(~y, ~group, d, svymean, deff = TRUE); r <- svyby(~y, ~group, d, svymean, deff = "replace")
    list(groups = groups_of(d, "group"), deff = b[["DEff.y"]], deff_replace = r[["DEff.y"]]) })
  add("by.median.y.group", {
    parts <- lapply(groups_of(d, "group"), function(g) { part <- eval(bquote(subset(d, group == .(g)))); quantiles("y", part, 0.5, dof(part)) })
    list(groups = groups_of(d, "group"), est = sapply(parts, `[[`, "est"), se = sapply(parts, `[[`, "se"),
         df = sapply(parts, `[[`, "df"), ci = t(sapply(parts, function(p) as.vector(p$ci)))) })
  add("contrast.mean.y.group", contrasts_of(grouped("y", "group", d, "mean"), d))
  add("contrast.total.y.group", contrasts_of(grouped("y", "group", d, "total"), d))

  part <- subset(d, dom == 1)
  df_dom <- dof(part)
  add("dom.degf", df_dom)
  add("dom.mean.y", with_deff(svymean, ~y, part, df_dom))
  add("dom.mean.ymiss", with_deff(svymean, ~ymiss, part, dof(present(part, "ymiss"))))
  add("dom.total.y", with_deff(svytotal, ~y, part, df_dom))
  add("dom.prop.cat", with_deff(svymean, ~cat, part, df_dom))
  add("dom.ratio.y_x", { r <- svyratio(~y, ~x, part); est <- as.vector(coef(r)); se <- as.vector(SE(r)); list(est = est, se = se, df = df_dom, ci = by_t(est, se, df_dom)) })
  add("dom.quantile.y", quantiles("y", part, probs, df_dom))
  add("dom.ciprop.bin", ciprop("bin", part, df_dom))

  add("chisq.two_group", chisq(~two + group, d))
  add("chisq.cat_two", chisq(~cat + two, d))
  add("chisq.cat_group", chisq(~cat + group, d))
  add("ttest.one.y", t_test(y ~ 0, d))
  add("ttest.two.y_two", t_test(y ~ two, d))
  add("ttest.two.bin_two", t_test(bin ~ two, d))
  add("ttest.two.ymiss_two", t_test(ymiss ~ two, d))
  add("dom.ttest.two.y_two", t_test(y ~ two, part))
  add("rank.two.y_two", rank_tests("y", "two", d, FALSE))
  add("rank.k.y_group", rank_tests("y", "group", d, FALSE))
  add("rank.two.tie_two", rank_tests("tie", "two", d, TRUE))
  add("rank.k.tie_group", rank_tests("tie", "group", d, TRUE))
  add("glm.gaussian", model(y ~ x + group + two, d, gaussian, c("x", "group", "two")))
  add("glm.gaussian.interaction", model(y ~ x * two + group, d, gaussian, c("group", "x:two")))
  add("glm.gaussian.missing", model(ymiss ~ x + group, d, gaussian, c("group")))
  add("glm.logistic", model(bin ~ x + group + sex, d, quasibinomial, c("x", "group", "sex")))
  add("glm.poisson", model(count ~ x + group + two, d, quasipoisson, c("x", "group", "two")))
  if (df_dom > 6) add("dom.glm.logistic", model(bin ~ x + two, part, quasibinomial, c("x", "two")))
  s
}

# ---- designs and calibrations ---------------------------------------------------------------------------

read <- function(name) {
  f <- read.csv(file.path("data", paste0(name, ".csv")), stringsAsFactors = FALSE)
  for (v in c("sex", "age", "region", "group", "two", "cat")) f[[v]] <- factor(f[[v]])
  f
}

make_design <- function(name, f, fpc = TRUE) switch(name,
  srs = if (fpc) svydesign(~1, weights = ~w, fpc = ~fpc1, data = f) else svydesign(~1, weights = ~w, data = f),
  unequal = svydesign(~1, weights = ~w, data = f),
  stratified = if (fpc) svydesign(~1, strata = ~stratum, weights = ~w, fpc = ~fpc1, data = f) else svydesign(~1, strata = ~stratum, weights = ~w, data = f),
  cluster = if (fpc) svydesign(~psu, weights = ~w, fpc = ~fpc1, data = f) else svydesign(~psu, weights = ~w, data = f),
  twostage = svydesign(~psu + person, strata = ~stratum, weights = ~w, fpc = ~fpc1 + fpc2, data = f),
  threestage = svydesign(~psu + ssu + person, strata = ~stratum, weights = ~w, fpc = ~fpc1 + fpc2 + fpc3, data = f),
  paired = svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = f),
  lonely = svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = f))

# margins.json, read without a JSON package: one "name": number a line
read_margins <- function(design) {
  lines <- readLines("data/margins.json")
  start <- grep(paste0('^ "', design, '": \\{'), lines)
  end <- grep("^ \\}", lines); end <- end[end > start][1]
  block <- lines[(start + 1):(end - 1)]
  out <- list(); current <- NULL
  for (l in block) {
    key <- sub('^ *"([^"]+)".*', "\\1", l)
    if (grepl("\\{", l)) { current <- key; out[[key]] <- numeric() }
    else if (grepl(":", l)) {
      value <- as.numeric(sub(",$", "", sub("^[^:]*: *", "", l)))
      if (grepl("^   ", l)) out[[current]][key] <- value else out[[key]] <- value
    }
  }
  out
}

totals_for <- function(m, f, vars) {
  out <- c("(Intercept)" = sum(m$sex))
  for (v in vars) {
    if (v == "x") out <- c(out, x = unname(m$x))
    else { lv <- levels(f[[v]]); out <- c(out, setNames(m[[v]][lv[-1]], paste0(v, lv[-1]))) }
  }
  out
}

calibrations <- function(d, f, m) {
  three <- ~sex + age + region; four <- ~sex + age + region + x
  t3 <- totals_for(m, f, c("sex", "age", "region")); t4 <- totals_for(m, f, c("sex", "age", "region", "x"))
  go <- function(...) calibrate(d, epsilon = 1e-12, maxit = 500, ...)
  list(
    none = list(design = d, full = TRUE),
    poststratify = list(design = go(~region, totals_for(m, f, "region")), full = TRUE),
    raking = list(design = go(three, t3, calfun = "raking"), full = TRUE),
    linear = list(design = go(four, t4, calfun = "linear"), full = TRUE),
    raking_bounded = list(design = go(three, t3, calfun = "raking", bounds = c(0.85, 1.2)), full = FALSE),
    linear_bounded = list(design = go(four, t4, calfun = "linear", bounds = c(0.85, 1.2)), full = FALSE),
    logit = list(design = go(four, t4, calfun = "logit", bounds = c(0.5, 2)), full = FALSE))
}

short <- function(d) {
  df <- dof(d)
  list(mean.y = with_deff(svymean, ~y, d, df), total.y = with_deff(svytotal, ~y, d, df), prop.cat = with_deff(svymean, ~cat, d, df),
       dom.mean.y = with_deff(svymean, ~y, subset(d, dom == 1), dof(subset(d, dom == 1))),
       chisq.cat_two = chisq(~cat + two, d), glm.logistic = model(bin ~ x + group + sex, d, quasibinomial, "group"))
}

# One row of multipliers per cluster (or per person), and where each person finds its row
exchange <- function(r, f) {
  m <- as.matrix(r$repweights)
  key <- if (is.null(f$psu)) seq_len(nrow(f)) else if (is.null(f$stratum)) f$psu else paste(f$stratum, f$psu)
  first <- !duplicated(key)
  list(scale = r$scale, rscales = r$rscales, mse = isTRUE(r$mse), row = match(key, key[first]) - 1,
       multipliers = if (ncol(m) <= 60) m[first, , drop = FALSE] else NULL)
}

replicate_sets <- list(
  srs = c("JK1"), unequal = c("JK1", "bootstrap"), stratified = c("JKn", "subbootstrap"),
  cluster = c("JK1", "bootstrap"), paired = c("JKn", "BRR", "Fay", "subbootstrap"))

replicated <- function(name, f, m) {
  out <- list()
  d <- make_design(name, f, fpc = FALSE)
  three <- ~sex + age + region
  for (type in replicate_sets[[name]]) {
    for (mse in if (type == "JKn") c(FALSE, TRUE) else FALSE) {
      r <- switch(type,
        Fay = as.svrepdesign(d, type = "Fay", fay.rho = 0.3, mse = mse, compress = FALSE),
        bootstrap = , subbootstrap = as.svrepdesign(d, type = type, replicates = 40, mse = mse, compress = FALSE),
        as.svrepdesign(d, type = type, mse = mse, compress = FALSE))
      where <- paste0(type, if (mse) ".mse" else "")
      r$twin <- if (ncol(as.matrix(r$repweights)) <= 60) r else d
      out[[where]] <- c(exchange(r, f), list(none = list(stats = statistics(r))))
      cal <- try_it(paste(name, where, "raking"), calibrate(r, three, totals_for(m, f, c("sex", "age", "region")), calfun = "raking", epsilon = 1e-12, maxit = 500, compress = FALSE))
      if (!is.null(cal)) out[[where]]$raking <- list(stats = statistics(cal))
      lin <- try_it(paste(name, where, "linear"), calibrate(r, three, totals_for(m, f, c("sex", "age", "region")), calfun = "linear", compress = FALSE))
      if (!is.null(lin)) out[[where]]$linear <- list(stats = list(mean.y = simple(svymean(~y, lin), dof(lin)), total.y = simple(svytotal(~y, lin), dof(lin))))
    }
  }
  out
}

meta <- list(R = as.character(getRversion()), survey = as.character(packageVersion("survey")), level = level)
dir.create("expected", showWarnings = FALSE)
only <- commandArgs(TRUE)
samples <- c("srs", "unequal", "stratified", "cluster", "twostage", "threestage", "paired", "lonely")
if (sys.nframe() > 0) samples <- NULL  # ordinal.R takes the functions only
for (name in samples) {
  if (length(only) && !(name %in% only)) next
  set.seed(20181123)
  failed <- character()
  f <- read(name); m <- read_margins(name); d <- make_design(name, f)
  result <- list(meta = meta)
  if (name == "lonely") {
    for (rule in c("adjust", "average", "remove", "certainty")) {
      options(survey.lonely.psu = rule)
      result$lonely[[rule]] <- list(degf = dof(d), mean.y = simple(svymean(~y, d), dof(d)), total.y = simple(svytotal(~y, d), dof(d)),
                                    by.mean.y.group = grouped("y", "group", d, "mean"))
    }
    options(survey.lonely.psu = "fail")
  } else {
    for (cal in names(cals <- calibrations(d, f, m))) {
      one <- cals[[cal]]
      result$calibrations[[cal]] <- list(weights = as.vector(weights(one$design)), stats = if (one$full) statistics(one$design) else short(one$design))
    }
    ps <- postStratify(d, ~region, data.frame(region = names(m$region), Freq = m$region))
    result$poststratify_weights <- as.vector(weights(ps))
    if (name %in% names(replicate_sets)) result$replicates <- replicated(name, f, m)
  }
  writeLines(json(result), file.path("expected", paste0(name, ".json")))
  cat(name, "done;", length(failed), "left out\n"); if (length(failed)) print(table(failed))
}
