# As worker.py, for R's survey package: Rscript worker.R TASK FOLDER REPEATS
# FOLDER holds the codes (one 32-bit integer per row and variable) and the targets that worker.py used.
suppressMessages(library(survey))
a <- commandArgs(TRUE); task <- a[1]; folder <- a[2]; repeats <- as.integer(a[3])
levels_of <- c(region = 12, age = 6, education = 4)
f <- as.data.frame(lapply(names(levels_of), function(n)
  factor(readBin(file.path(folder, n), "integer", n = 2e8, size = 4), 0:(levels_of[[n]] - 1))))
names(f) <- names(levels_of); f$w <- 1
f$answer <- readBin(file.path(folder, "answer"), "integer", n = 2e8, size = 4)
targets <- lapply(setNames(names(levels_of), names(levels_of)), function(n) scan(file.path(folder, paste0(n, ".txt")), quiet = TRUE))
totals <- c("(Intercept)" = nrow(f), unlist(lapply(names(levels_of), function(n)
  setNames(targets[[n]][-1], paste0(n, 1:(levels_of[[n]] - 1))))))
margins <- lapply(names(levels_of), function(n) setNames(data.frame(factor(0:(levels_of[[n]] - 1)), targets[[n]]), c(n, "Freq")))
run <- switch(task,
  rake = function() weights(calibrate(svydesign(~1, weights = ~w, data = f), ~region + age + education, totals, calfun = "raking", epsilon = 1e-8)),
  ipf = function() weights(rake(svydesign(~1, weights = ~w, data = f), list(~region, ~age, ~education), margins, control = list(epsilon = 1e-4, maxit = 100))),
  replicates = function() {
    r <- as.svrepdesign(svydesign(~1, weights = ~w, data = f), type = "subbootstrap", replicates = 500, compress = FALSE)
    r <- calibrate(r, ~region + age + education, totals, calfun = "raking", epsilon = 1e-8, compress = FALSE)
    as.vector(SE(svymean(~answer, r)))
  })
peak <- function() as.numeric(sub("[^0-9]*([0-9]+).*", "\\1", grep("VmHWM", readLines("/proc/self/status"), value = TRUE)))
prepared <- peak(); seconds <- numeric()
for (i in seq_len(repeats)) { t <- system.time(result <- run())[["elapsed"]]; seconds <- c(seconds, t); if (sum(seconds) > 20) break }
checked <- if (task == "replicates") result else max(abs(tapply(result, f$region, sum) / targets$region - 1),
  abs(tapply(result, f$age, sum) / targets$age - 1), abs(tapply(result, f$education, sum) / targets$education - 1))
cat(sprintf('{"seconds": [%s], "prepared": %.0f, "peak": %.0f, "result": %.17g, "version": "%s", "R": "%s"}\n',
  paste(sprintf("%.6f", seconds), collapse = ", "), prepared, peak(), checked, packageVersion("survey"), getRversion()))
