# What base R says about the power of a comparison of two proportions. Run by hand from this folder:
#
#     Rscript power.R
#
# writes expected/power.json. power.prop.test() knows groups of equal size only.

cases <- expand.grid(n = c(20, 46, 92.5, 400), share = c(0.5, 0.84, 0.1), difference = c(0.05, 0.15), alpha = c(0.05, 0.05 / 12))
cases$power <- with(cases, mapply(function(n, p, d, a) {
  power.prop.test(n = n, p1 = p - d / 2, p2 = p + d / 2, sig.level = a, tol = 1e-12)$power
}, n, share, difference, alpha))
line <- sprintf("  [%.17g, %.17g, %.17g, %.17g, %.17g]", cases$n, cases$share, cases$difference, cases$alpha, cases$power)
head <- sprintf("{\"R\": \"%s\", \"columns\": [\"n\", \"share\", \"difference\", \"alpha\", \"power\"], \"cases\": [", getRversion())
writeLines(c(head, paste0(line, c(rep(",", length(line) - 1), "")), "]}"), "expected/power.json")
