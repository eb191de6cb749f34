# Indices of selection, spelled out in R. Run by hand from this folder:
#
#     Rscript selection.R
#
# writes expected/selection.json: a sample of two factors, population shares of its cells, and
# - r, SMUB by lm() and cor(); MUBP by lm() and uniroot() on the derivative of the two-step likelihood of the biserial correlation;
# - the coefficient of variation of the chances by the cells, from a logistic model of sample against population.

set.seed(4)
n <- 240
a <- sample(c("a1", "a2", "a3"), n, TRUE, c(.5, .3, .2))
b <- sample(c("b1", "b2"), n, TRUE, c(.7, .3))
y <- 3 + 0.8 * (a == "a2") - 0.6 * (b == "b2") + rnorm(n)
yes <- as.integer(y > 3.1)
cells <- expand.grid(a = c("a1", "a2", "a3"), b = c("b1", "b2"), stringsAsFactors = FALSE)
cells$share <- c(.15, .25, .3, .1, .08, .12)

indices <- function(answer) {
  fit <- lm(answer ~ a + b)
  x <- fitted(fit)
  there <- predict(fit, cells)
  mean.there <- sum(cells$share * there)
  var.there <- sum(cells$share * (there - mean.there)^2)
  sd.n <- function(v) sqrt(mean((v - mean(v))^2))
  r <- cor(answer, x)
  d <- (mean(x) - mean.there) / sd.n(x)
  g <- function(r, phi) (phi + (1 - phi) * r) / (phi * r + (1 - phi))
  smub <- sapply(c(0, .5, 1), function(phi) g(r, phi) * d)
  out <- list(mean = mean.there, variance = var.there, r = r, smub = smub)
  if (all(answer %in% 0:1)) {
    z <- qnorm(mean(answer)); s <- (x - mean(x)) / sd.n(x)
    # The log likelihood is sum(log(pnorm(h))); its derivative, by D(), has a sharper root than the maximum.
    h <- D(quote(s01 * (z + r * s) / sqrt(1 - r^2)), "r"); s01 <- 2 * answer - 1
    slope <- function(r) { at <- s01 * (z + r * s) / sqrt(1 - r^2); sum(dnorm(at) / pnorm(at) * eval(h)) }
    rho <- uniroot(slope, c(.01, .9), tol = 1e-15)$root
    v <- var.there / sd.n(x)^2
    out$rho <- rho
    out$mubp <- sapply(c(0, .5, 1), function(phi) {
      k <- g(rho, phi)
      mean(answer) - pnorm((z - k * d) / sqrt(1 + k^2 * (v - 1)))
    })
  }
  out
}

# A population of a million in these cells, from which the sample took part: saturated logistic regression.
N <- 1e6
taken <- as.vector(table(factor(paste(a, b), paste(cells$a, cells$b))))
chance <- fitted(glm(cbind(taken, N * cells$share - taken) ~ factor(paste(a, b)), binomial, cells))
mean.chance <- sum(cells$share * chance)
cv <- sqrt(sum(cells$share * (chance - mean.chance)^2)) / mean.chance
R <- 1 - 2 * sqrt(sum(cells$share * (chance - mean.chance)^2))

num <- function(v) paste0("[", paste(sprintf("%.17g", v), collapse = ", "), "]")
text <- function(v) paste0("[", paste0("\"", v, "\"", collapse = ", "), "]")
obj <- function(l) paste0("{", paste(sprintf("\"%s\": %s", names(l), sapply(l, num)), collapse = ", "), "}")
writeLines(paste0(
  "{\"R\": \"", getRversion(), "\",\n \"a\": ", text(a), ",\n \"b\": ", text(b), ",\n \"y\": ", num(y),
  ",\n \"yes\": ", num(yes), ",\n \"cells\": ", text(paste(cells$a, cells$b)), ",\n \"shares\": ", num(cells$share),
  ",\n \"mean\": ", obj(indices(y)), ",\n \"share\": ", obj(indices(yes)),
  ",\n \"cv\": ", sprintf("%.17g", cv), ", \"R_indicator\": ", sprintf("%.17g", R),
  ", \"rate\": ", sprintf("%.17g", mean.chance), "}"), "expected/selection.json")
