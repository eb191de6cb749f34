# Differences of shares and means between groups that overlap. Run by hand from this folder:
#
#     Rscript overlap.R
#
# writes expected/overlap.json. Needs survey. README.md explains the keys.

source("reference.R")

# svycontrast() of the four totals: linearised with the covariance that the design gives them.
gap <- function(d, outcome) {
  v <- d$variables
  d$variables$a <- as.numeric(v$group %in% c("g1", "g2"))
  d$variables$b <- as.numeric(v$two == "p" | v$group == "g3")
  d$variables$ya <- d$variables$a * v[[outcome]]
  d$variables$yb <- d$variables$b * v[[outcome]]
  found <- svycontrast(svytotal(~ya + a + yb + b, d), quote(ya / a - yb / b))
  either <- subset(d, a + b > 0)
  list(est = as.vector(coef(found)), se = as.vector(SE(found)), df = degf(either))
}

# In each replicate the difference is made again.
again <- function(d, outcome) {
  found <- withReplicates(d, function(w, v) {
    a <- v$group %in% c("g1", "g2"); b <- v$two == "p" | v$group == "g3"
    weighted.mean(v[[outcome]][a], w[a]) - weighted.mean(v[[outcome]][b], w[b])
  })
  list(est = as.vector(coef(found)), se = as.vector(SE(found)))
}

result <- list(meta = meta)
for (name in c("srs", "unequal", "stratified", "twostage")) {
  f <- read(name); m <- read_margins(name); d <- make_design(name, f)
  found <- lapply(calibrations(d, f, m)[c("none", "raking")], function(c) {
    list(share = gap(c$design, "bin"), mean = gap(c$design, "y"))
  })
  jack <- as.svrepdesign(d, type = if (name %in% c("srs", "unequal")) "JK1" else "JKn")
  if (name %in% c("srs", "stratified")) found$jackknife <- list(share = again(jack, "bin"), mean = again(jack, "y"))
  result[[name]] <- found
  cat(name, "done\n")
}
writeLines(json(result), "expected/overlap.json")
