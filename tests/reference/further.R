# Offsets, predictive margins, multinomial models, correlation, Cronbach's alpha, goodness of fit, quantile rules and
# intervals, sample sizes, and an open sample beside a reference. Run by hand from this folder:
#
#     Rscript further.R
#
# writes expected/further.json. Needs survey and MASS. README.md explains the keys.

source("reference.R")

# Covariance of an estimator from the influence of each row per unit of weight, by svytotal().
spread <- function(d, influence) {
  influence <- as.matrix(influence)
  colnames(influence) <- paste0(".i", seq_len(ncol(influence)))
  d$variables <- cbind(d$variables, as.data.frame(influence))
  v <- as.matrix(vcov(svytotal(make.formula(colnames(influence)), d)))
  dimnames(v) <- NULL
  v
}

table_of <- function(est, cov, df) {
  est <- as.vector(est); cov <- unname(as.matrix(cov)); dimnames(cov) <- NULL; se <- sqrt(diag(cov))
  list(est = est, se = se, t = est / se, p = 2 * pt(-abs(est / se), df), df = df, cov = cov, ci = by_t(est, se, df))
}

with_offset <- function(d) {
  m <- svyglm(count ~ two + group + offset(log(x)), d, family = quasipoisson(), control = tight)
  table_of(coef(m), vcov(m), df.residual(m))
}

# svypredmeans() adds the variance of the coefficients to that of the mean as if they were independent.
margins_of <- function(d, formula, family) {
  m <- eval(bquote(svyglm(.(formula), design = d, family = .(family), control = tight)))
  p <- svypredmeans(m, ~group)
  order <- order(names(coef(p)))
  list(est = as.vector(coef(p))[order], cov = unname(as.matrix(vcov(p)))[order, order])
}

# Baseline-category logit; no package for designs gives more than five digits, so Newton's method with the exact
# second derivatives, and the influence through svytotal().
multinomial <- function(d) {
  f <- model.frame(d); x <- model.matrix(~x + two, f); w <- weights(d, "sampling"); p <- ncol(x)
  y <- sapply(c("b", "c", "d"), function(k) as.numeric(f$cat == k)); q <- ncol(y)
  shares <- function(theta) { odds <- exp(x %*% matrix(theta, p)); odds / (1 + rowSums(odds)) }
  scores <- function(theta) { r <- y - shares(theta); do.call(cbind, lapply(1:q, function(k) x * r[, k])) }
  curvature <- function(theta) { s <- shares(theta)
    do.call(rbind, lapply(1:q, function(j) do.call(cbind, lapply(1:q, function(k) crossprod(x, x * (w * s[, j] * ((j == k) - s[, k]))))))) }
  theta <- rep(0, p * q)
  for (i in 1:40) theta <- theta + as.vector(solve(curvature(theta), colSums(w * scores(theta))))
  table_of(theta, spread(d, scores(theta) %*% solve(curvature(theta))), dof(d) + 1 - p)
}

# Functions of svyvar()'s matrix by the delta method; its vcov() is that of all entries, column after column.
delta <- function(v, est, slope, d) list(est = est, se = sqrt(as.vector(slope %*% vcov(v) %*% slope)), df = dof(d))

correlated <- function(d) {
  v <- svyvar(~x + y, d); c <- matrix(as.vector(v), 2); r <- c[1, 2] / sqrt(c[1, 1] * c[2, 2])
  delta(v, r, c(-r / (2 * c[1, 1]), r / (2 * c[1, 2]), r / (2 * c[1, 2]), -r / (2 * c[2, 2])), d)
}

consistent <- function(d) {
  v <- svyvar(~tie + count + bin, d); c <- matrix(as.vector(v), 3); whole <- sum(c)
  est <- 3 / 2 * (1 - sum(diag(c)) / whole)
  stopifnot(abs(est - svycralpha(~tie + count + bin, d)) < 1e-12)
  delta(v, est, as.vector(-3 / 2 * (diag(3) / whole - sum(diag(c)) / whole^2)), d)
}

# svygofchisq() works with totals, so X² and the eigenvalues are brought to the number of respondents. It lets the
# expected counts vary with the estimated total, which adds to the eigenvalues (lambda_r) where observed and expected
# differ, though not under the hypothesis; after calibration the total is fixed and both are the same. Its p (p_r) is by
# Satterthwaite's approximation of the sum of chi-squares; p is the integral of that sum, lambda that of svymean().
fit_of <- function(d) {
  p <- c(0.33, 0.33, 0.25, 0.09); g <- svygofchisq(~cat, p, d)
  scale <- cases(d) / sum(weights(d, "sampling"))
  kept <- function(x) { x <- Re(x); x[x > max(x) * 1e-10] }
  lambda <- kept(eigen(cases(d) * vcov(svymean(~cat, d)) / outer(sqrt(p), sqrt(p)))$values)
  value <- as.vector(g$statistic) * scale
  a <- lambda / max(lambda); x <- value / max(lambda)
  f <- function(u) sapply(u, function(u) sin(sum(atan(a * u)) / 2 - x * u / 2) / (u * exp(sum(log1p((a * u)^2)) / 4)))
  # by parts of half a wave, where quadrature is exact, averaged at the end as the series alternates
  ends <- c(0, 2 * pi / x * (1:4000)); part <- sapply(1:4000, function(i) integrate(f, ends[i], ends[i + 1], rel.tol = 1e-12, abs.tol = 1e-16)$value)
  sums <- cumsum(part); tail <- tail(sums, 40); while (length(tail) > 1) tail <- (tail[-1] + tail[-length(tail)]) / 2
  list(statistic = value, lambda = lambda, lambda_r = kept(g$lambda) * scale, p = 0.5 + tail / pi, p_r = as.vector(g$p.value))
}

by_definition <- function(x, w, p) { keep <- w != 0; survey:::qrule_shahvaish(x[keep], w[keep] / mean(w[keep]), p) }
quantile_kinds <- function(d) {
  probs <- c(0.25, 0.5, 0.8); out <- list()
  take <- function(v, ...) { q <- svyquantile(make.formula(v), d, probs, ci = TRUE, df = dof(d), ...); unname(as.matrix(q[[1]]))[, 1:3] }
  for (v in c("y", "tie")) {
    for (rule in c("math", "school", "hf2", "hf7")) out[[paste(v, rule, sep = ".")]] <- try_it(rule, take(v, qrule = rule))
    out[[paste(v, "shahvaish", sep = ".")]] <- try_it("shahvaish", take(v, qrule = by_definition))
    for (kind in c("beta", "xlogit", "asin")) out[[paste(v, kind, sep = ".")]] <- try_it(kind, take(v, qrule = "math", interval.type = kind))
  }
  out
}

everything <- function(d) {
  out <- list(offset = with_offset(d), margins.logistic = margins_of(d, bin ~ x + two, quasibinomial()),
              margins.gaussian = margins_of(d, y ~ x + two, gaussian()), margins.poisson = margins_of(d, count ~ x + two, quasipoisson()),
              multinomial = multinomial(d), correlation = correlated(d), alpha = consistent(d), fit = fit_of(d))
  c(out, list(quantile = quantile_kinds(d)))
}

# An open sample (the rows of srs, without weights) beside a reference (stratified): Chen, Li and Wu (2020).
open_sample <- function() {
  a <- read("srs"); b <- read("stratified"); d <- make_design("stratified", b)
  X <- model.matrix(~x + group, a); Z <- model.matrix(~x + group, b); w <- weights(d, "sampling"); y <- a$y
  theta <- c(qlogis(nrow(X) / sum(w)), 0, 0, 0)
  for (i in 1:60) { p <- as.vector(plogis(Z %*% theta)); H <- crossprod(Z, Z * (w * p * (1 - p))); theta <- theta + as.vector(solve(H, colSums(X) - colSums(Z * (w * p)))) }
  chance <- as.vector(plogis(X %*% theta)); there <- as.vector(plogis(Z %*% theta)); N <- sum(1 / chance)
  variance <- function(here, far) sum((1 - chance) * here^2) + spread(d, far)[1, 1]
  mu <- sum(y / chance) / N
  b1 <- solve(H, colSums(X * ((1 / chance - 1) * (y - mu)))) / N
  v <- variance((y - mu) / chance / N - as.vector(X %*% b1), there * as.vector(Z %*% b1))
  X2 <- model.matrix(~x + two, a); Z2 <- model.matrix(~x + two, b); beta <- lm.fit(X2, y)$coefficients
  e <- as.vector(y - X2 %*% beta); m <- as.vector(Z2 %*% beta); h <- sum(e / chance) / N; M <- sum(w * m) / sum(w)
  b2 <- solve(H, colSums(X * ((1 / chance - 1) * (e - h)))) / N
  slope <- colSums(Z2 * w) / sum(w) - colSums(X2 / chance) / N
  here <- (e - h) / chance / N - as.vector(X %*% b2) + as.vector(X2 %*% solve(crossprod(X2), slope)) * e
  v2 <- variance(here, there * as.vector(Z %*% b2) + (m - M) / sum(w))
  cov <- solve(H) %*% (crossprod(X, X * (1 - chance)) + spread(d, Z * there)) %*% solve(H)
  list(theta = unname(theta), se = unname(sqrt(diag(cov))), chance = chance, mean = c(mu, sqrt(v)), doubly = c(M + h, sqrt(v2)))
}

sizes <- function() {
  grid <- expand.grid(p1 = c(0.1, 0.5), p2 = c(0.3, 0.62), power = c(0.8, 0.95), alpha = c(0.05, 0.004))
  grid$n <- mapply(function(p1, p2, power, alpha) power.prop.test(p1 = p1, p2 = p2, power = power, sig.level = alpha, tol = 1e-14)$n, grid$p1, grid$p2, grid$power, grid$alpha)
  as.matrix(grid)
}

failed <- character()
result <- list(meta = meta, sizes = sizes(), open = open_sample())
for (name in c("srs", "unequal", "stratified", "twostage")) {
  f <- read(name); m <- read_margins(name); d <- make_design(name, f)
  result[[name]] <- lapply(calibrations(d, f, m)[c("none", "raking")], function(c) everything(c$design))
  cat(name, "done\n")
}
print(failed)
writeLines(json(result), "expected/further.json")
