# Proportional-odds models, the test of proportional odds, and Firth's correction. Run by hand from this folder:
#
#     Rscript ordinal.R
#
# writes expected/ordinal.json. Needs survey, MASS, numDeriv and brglm2. README.md explains the keys.
#
# svyolr() minimises with optim() and takes its Hessian by crude differences: good to five digits. Here its
# solution is carried on by Newton's method, and every derivative is numDeriv's (Richardson), good to ten; what
# svyolr() itself says is kept beside (est_r, se_r). The covariance is svytotal()'s of the influence values, so
# strata, clusters, fpc, calibration and domains are R's.

source("reference.R")
suppressMessages({library(numDeriv); library(brglm2)})

newton <- function(start, score, full = 3, more = 12) {
  at <- start
  for (i in seq_len(full)) { slope <- jacobian(score, at); at <- at - as.vector(solve(slope, score(at))) }
  for (i in seq_len(more)) at <- at - as.vector(solve(slope, score(at)))
  at
}

# Covariance of an estimator from the influence of each row per unit of weight; replicates refit instead.
spread <- function(d, influence, refit, est) {
  if (inherits(d, "svyrep.design"))
    return(unname(svrVar(t(apply(weights(d, "analysis"), 2, refit)), d$scale, d$rscales, mse = d$mse, coef = est)[, ]))
  colnames(influence) <- paste0(".i", seq_len(ncol(influence)))
  d$variables <- cbind(d$variables, as.data.frame(influence))
  v <- as.matrix(vcov(svytotal(make.formula(colnames(influence)), d)))
  dimnames(v) <- NULL; attr(v, "means") <- NULL
  v
}

table_of <- function(est, cov, df) {
  se <- sqrt(diag(cov))
  list(est = est, se = se, t = est / se, p = 2 * pt(-abs(est / se), df), df = df, cov = cov, ci = by_t(est, se, df))
}

wald <- function(est, cov, index, df) {
  F <- as.vector(est[index] %*% solve(cov[index, index], est[index])) / length(index)
  list(F = F, ndf = length(index), ddf = df, p = pf(F, length(index), df, lower.tail = FALSE))
}

# What both kinds of model need: rows without an answer are out, rows outside the domain have weight zero.
setup <- function(formula, d) {
  d <- all_answered(formula, d)
  f <- model.frame(d)
  for (v in all.vars(formula)) f[[v]][is.na(f[[v]])] <- f[[v]][!is.na(f[[v]])][1]  # at weight zero
  x <- model.matrix(formula, f)
  list(d = d, frame = f, x = x, w = weights(d, "sampling"), n = cases(d), y = f[[all.vars(formula)[1]]],
       assign = attr(x, "assign"), labels = attr(terms(formula), "term.labels"))
}

ordinal <- function(formula, d, firth = FALSE) {
  s <- setup(formula, d)
  x <- s$x[, -1, drop = FALSE]; y <- as.integer(factor(s$y)); p <- ncol(x); q <- max(y) - 1
  pieces <- function(theta) {
    cut <- cbind(-Inf, matrix(theta[p + 1:q], length(y), q, byrow = TRUE) - as.vector(x %*% theta[1:p]), Inf)
    list(pr = plogis(cut[, -1]) - plogis(cut[, -(q + 2)]), d = dlogis(cut))
  }
  # Derivatives of the share of category k: slopes, then cut points.
  slope <- function(at, k) cbind(-x * (at$d[, k + 1] - at$d[, k]), sapply(1:q, function(j) (j == k) * at$d[, k + 1] - (j == k - 1) * at$d[, k]))
  rows <- function(theta) {
    at <- pieces(theta); out <- matrix(0, length(y), p + q)
    for (k in 1:(q + 1)) out[y == k, ] <- (slope(at, k) / at$pr[, k])[y == k, ]
    out
  }
  # Expected information of each row per unit of weight: rows by entries of the matrix.
  information <- function(theta) {
    at <- pieces(theta); P <- p + q
    Reduce(`+`, lapply(1:(q + 1), function(k) { g <- slope(at, k); g[, rep(1:P, P)] * g[, rep(1:P, each = P)] / at$pr[, k] }))
  }
  # Half the gradient of the logarithm of its determinant; `each` and `change` may be kept while only w moves.
  penalty <- function(theta, w, each = information(theta), change = jacobian(function(t) as.vector(w %*% information(t)), theta)) {
    inverse <- as.vector(solve(matrix(w %*% each, p + q)))
    if (is.list(change)) change <- sapply(change, function(c) w %*% c)
    as.vector(inverse %*% change) / 2
  }
  scaled <- function(w) w * s$n / sum(w)
  score <- function(theta, w) {
    w <- scaled(w)
    as.vector(w %*% rows(theta)) + if (firth) penalty(theta, w) else 0
  }
  f <- s$frame; f$.y <- factor(s$y)
  start <- { m <- polr(update(formula, .y ~ .), data = cbind(f, .w = scaled(s$w)), weights = .w); c(coef(m), m$zeta) }
  est <- newton(unname(start), function(t) score(t, s$w))
  if (!inherits(d, "svyrep.design")) {
    w <- scaled(s$w)
    H <- -jacobian(function(t) as.vector(w %*% rows(t)), est)
    if (firth) H <- H - hessian(function(t) log(det(matrix(w %*% information(t), p + q))) / 2, est)
    G <- rows(est)
    if (firth) {
      each <- information(est)
      flat <- jacobian(function(t) as.vector(information(t)), est)
      change <- lapply(seq_along(est), function(t) matrix(flat[, t], length(y)))
      G <- G + t(jacobian(function(w) penalty(est, w, each, change), w))
      G <- G - rep(colSums(G * w) / s$n, each = nrow(G))  # weights are scaled to the number of cases
    }
    G <- G * s$n / sum(s$w)
    influence <- G %*% solve(H)
  }
  cov <- spread(s$d, influence, function(w) newton(est, function(t) score(t, w), 2), est)
  df <- dof(s$d) - p
  out <- c(table_of(est, cov, df), list(terms = list()))
  for (i in seq_along(s$labels)) out$terms[[s$labels[i]]] <- wald(est, cov, which(s$assign[-1] == i), df)
  if (!firth && !inherits(d, "svyrep.design")) {
    variables <- s$d; variables$variables$.y <- factor(s$y)
    m <- svyolr(update(formula, .y ~ .), variables, control = list(reltol = 1e-15, maxit = 1000))
    out$est_r <- as.vector(c(coef(m), m$zeta))[seq_along(est)]
    out$se_r <- as.vector(sqrt(diag(vcov(m))))
  }
  out
}

# One logistic model for every cut point, by svyglm's own equations; differences from the first tested as adjWald.
parallel_odds <- function(formula, d) {
  s <- setup(formula, d)
  y <- as.integer(factor(s$y)); q <- max(y) - 1; p <- ncol(s$x)
  one <- function(k, w, start = NULL) {
    w <- w / mean(w)
    for (again in 1:3) { m <- suppressWarnings(glm.fit(s$x, as.numeric(y > k), w, family = quasibinomial(), start = start, control = tight)); start <- m$coefficients }
    start
  }
  fit <- function(w) unlist(lapply(1:q, one, w = w))
  est <- unname(fit(s$w))
  if (max(abs(est)) > 15) stop("separation")
  influence <- do.call(cbind, lapply(1:q, function(k) {
    mu <- as.vector(plogis(s$x %*% est[(k - 1) * p + 1:p]))
    (s$x * ((y > k) - mu)) %*% solve(crossprod(s$x, s$x * (s$w * mu * (1 - mu))))
  }))
  cov <- spread(s$d, influence, fit, est)
  nu <- dof(s$d)
  test <- function(index) {
    L <- do.call(rbind, lapply(2:q, function(k) { l <- matrix(0, length(index), q * p)
      l[cbind(seq_along(index), (k - 1) * p + index)] <- 1; l[cbind(seq_along(index), index)] <- -1; l }))
    W <- as.vector(t(L %*% est) %*% solve(L %*% cov %*% t(L), L %*% est)); ndf <- nrow(L); ddf <- nu - ndf + 1
    if (ddf < 1) return(NULL)
    F <- W * ddf / (nu * ndf)
    list(F = F, ndf = ndf, ddf = ddf, p = pf(F, ndf, ddf, lower.tail = FALSE))
  }
  out <- list(splits = matrix(est, q, byrow = TRUE)[, -1, drop = FALSE], terms = list())
  for (i in seq_along(s$labels)) out$terms[[s$labels[i]]] <- test(which(s$assign == i))
  out$all <- test(2:p)
  Filter(Negate(is.null), out)
}

firth_logistic <- function(formula, d, separated = FALSE) {
  s <- setup(formula, d)
  x <- s$x; y <- s$y
  scaled <- function(w) w * s$n / sum(w)
  bright <- function(w) { use <- w > 0
    m <- suppressWarnings(brglm_fit(x[use, ], y[use], weights = scaled(w)[use], family = binomial(), control = brglmControl(epsilon = 1e-13, maxit = 5000, type = "AS_mean")))
    unname(m$coefficients) }
  score <- function(beta, w) {
    w <- scaled(w); mu <- as.vector(plogis(x %*% beta)); v <- w * mu * (1 - mu)
    h <- v * rowSums((x %*% solve(crossprod(x, x * v))) * x)
    colSums(x * (w * (y - mu) + h * (0.5 - mu)))
  }
  est <- bright(s$w)
  df <- dof(s$d) + 1 - ncol(x)
  if (separated) {  # the sample shows no variance: inverse information times Kish's design effect
    w <- scaled(s$w); mu <- as.vector(plogis(x %*% est))
    cov <- unname(solve(crossprod(x, x * (w * mu * (1 - mu)))) * s$n * sum(w^2) / sum(w)^2)
  } else {
    if (!inherits(d, "svyrep.design")) {
      H <- -jacobian(function(t) score(t, s$w), est)
      influence <- t(jacobian(function(w) score(est, w), s$w)) %*% solve(H)
    }
    cov <- spread(s$d, influence, bright, est)
  }
  out <- c(table_of(est, cov, df), list(terms = list()))
  for (i in seq_along(s$labels)) out$terms[[s$labels[i]]] <- wald(est, cov, which(s$assign == i), df)
  out
}

everything <- function(d) {
  d <- update(d, tiemiss = ifelse(is.na(binmiss), NA, tie), sure = factor(ifelse(bin == 1 & group == "g1", "yes", "no")),
              sure5 = factor(ifelse(tie == 5 & group == "g1", "yes", "no")))
  out <- list(polr = ordinal(tie ~ x + group + two, d), parallel = try_it("parallel", parallel_odds(tie ~ x + group + two, d)))
  out$polr.interaction <- ordinal(tie ~ x + two + group + x:two, d)
  out$polr.missing <- ordinal(tiemiss ~ x + group, d)
  out$parallel.missing <- try_it("parallel.missing", parallel_odds(tiemiss ~ x + group, d))
  out$dom.polr <- ordinal(tie ~ x + two, subset(d, dom == 1))
  out$dom.parallel <- try_it("dom.parallel", parallel_odds(tie ~ x + two, subset(d, dom == 1)))
  if (is.null(d$postStrata)) out$firth.polr <- ordinal(tie ~ x + two, d, firth = TRUE)  # takes minutes
  out$firth.logistic <- firth_logistic(bin ~ x + group + sex, d)
  out$dom.firth.logistic <- firth_logistic(bin ~ x + two, subset(d, dom == 1))
  out$firth.separated <- firth_logistic(bin ~ x + sure, d, separated = TRUE)
  Filter(Negate(is.null), out)
}

failed <- character()
result <- list(meta = c(meta, list(brglm2 = as.character(packageVersion("brglm2")), numDeriv = as.character(packageVersion("numDeriv")))))
for (name in if (length(only)) only else c("srs", "stratified", "twostage", "paired")) {
  f <- read(name); m <- read_margins(name); d <- make_design(name, f)
  part <- calibrations(d, f, m)[c("none", "raking")]
  result[[name]] <- lapply(part, function(c) everything(c$design))
  cat(name, "done\n"); print(failed); failed <- character()
}
r <- as.svrepdesign(make_design("paired", read("paired"), fpc = FALSE), type = "JKn", compress = FALSE)
r$twin <- r
result$paired$JKn <- list(polr = ordinal(tie ~ x + group + two, r), parallel.two = parallel_odds(tie ~ two, r))
writeLines(json(result), "expected/ordinal.json")
