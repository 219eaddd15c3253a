#!/bin/sh
# What run.sh measured, as README.md and a plot.
#
#   report.sh RESULTS-FOLDER TO-FOLDER
set -eu
in=$1 to=$2
cd "$to"
for file in results keys events version; do [ -e "$in/$file" ] || : >"$in/$file"; done
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain 2>/dev/null -- ../../src)" ] || commit="$commit, changed"
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
memory=$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)

{
  cat <<EOT
# What it costs

Made by \`./run bench\`; every figure is of one run.

$(date -u '+%Y-%m-%d %H:%M') UTC, commit $commit, $(nproc) × $cpu, $memory GiB, Linux $(uname -r).
Load average of the machine before the run $(cat "$in/load" 2>/dev/null || echo unknown), after it $(cut -d' ' -f1 /proc/loadavg):
servers and terminals run on the same machine, and whatever else does.

## The dashboard and its peers

A pty of 140×45; worlds of so many Services, as many EndpointSlices and half as many Ingresses of two paths
(\`outboard serve --scale\`). *busy*: 1000 changes a second. *full*: until the whole table stands. Memory is
what is resident two seconds later. *received*: bytes of its TCP connections, TLS and all.

| program | world | | first frame ms | full ms | CPU to full s | RSS MiB | CPU % of a core | wake-ups a second | bytes to the terminal a minute | received MB |
|---|---|---|---|---|---|---|---|---|---|---|
EOT
  awk '
    function show(v, f) { return v == "" || v < 0 ? "–" : sprintf(f, v) }
    $1 != "session" && $1 != "curl" {
      printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", $1, $2, $3, show($4, "%.0f"),
        show($5, "%.0f"), show($6, "%.2f"), show($7 < 0 ? -1 : $7 / 1024, "%.0f"), show($8, "%.1f"),
        show($9, "%.1f"), show($10, "%.0f"), show($11 < 0 ? -1 : $11 / 1e6, "%.1f")
    }' "$in/results"
  awk '
    $1 == "outboard" && $3 == "quiet" && $7 > 0 { rss[$2] = $7 }
    END { if (rss[10000] && rss[100000])
      printf "\nFrom 10,000 to 100,000: %.2f KiB of memory for each Service with its slice and rules.\n",
        (rss[100000] - rss[10000]) / 90000 }' "$in/results"

  printf '\n## From a key to its paint\n\n![the 99th of a hundred keys](keys.svg)\n\n'
  printf 'Milliseconds, the middle and the 99th of a hundred.\n\n'
  printf '| world | changes a second | move p50 | p99 | tab p50 | p99 | filter p50 | p99 |\n|---|---|---|---|---|---|---|---|\n'
  awk '$1 ~ /^[0-9]+$/ && NF >= 13 { printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", $1, $2, $5, $6, $8, $9, $11, $12 }' "$in/keys"

  printf '\n## An event\n\nOne EndpointSlice changes: joins, audit and all five lists, without drawing.\n\n'
  printf '| world | µs an event | of that at the smallest |\n|---|---|---|\n'
  awk 'NR == 1 { first = $2 } { printf "| %s | %.1f | %.2f |\n", $1, $2, $2 / first }' "$in/events"

  if grep -q '^session real' "$in/results"; then
    printf '\n## A real kube-apiserver (%s, 10,000 Services, 10,000 slices, 5,000 Ingresses)\n\n' "$(cat "$in/version")"
    printf 'One session without a screen until everything is live, and `curl -Z` fetching the same three lists, turn by turn.\n\n'
    printf '| round | session live ms | curl ms | ratio | CPU to live s | RSS MiB |\n|---|---|---|---|---|---|\n'
    awk '
      $1 == "session" { live = $5; cpu = $6; rss = $7 }
      $1 == "curl" { printf "| %d | %d | %d | %.2f | %.2f | %.0f |\n", ++n, live, $5, live / $5, cpu, rss / 1024 }' "$in/results"
  fi
  if [ -e notes.md ]; then
    printf '\n'
    cat notes.md
  fi
} >README.md.new
mv README.md.new README.md

# p99 of keys over the size of the world, both axes by powers of ten.
awk '
  function log10(v) { return log(v) / log(10) }
  function x(n) { return 60 + 160 * (log10(n) - 2) }
  function y(ms) { return 260 - 80 * log10(ms < 1 ? 1 : ms) }
  BEGIN {
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"310\" font-family=\"sans-serif\" font-size=\"12\">"
    print "<rect width=\"760\" height=\"310\" fill=\"#ffffff\"/>"
    for (e = 0; e <= 3; e++)
      printf "<path d=\"M60 %d H560\" stroke=\"#d0d0d0\"/><text x=\"52\" y=\"%d\" text-anchor=\"end\">%d ms</text>\n", 260 - 80 * e, 264 - 80 * e, 10 ^ e
    for (e = 2; e <= 5; e++) printf "<text x=\"%d\" y=\"280\" text-anchor=\"middle\">%d</text>\n", x(10 ^ e), 10 ^ e
    print "<text x=\"300\" y=\"300\" text-anchor=\"middle\">Services</text>"
    printf "<path d=\"M60 %.1f H560\" stroke=\"#808080\" stroke-dasharray=\"2 3\"/><text x=\"565\" y=\"%.1f\">16 ms</text>\n", y(16), y(16) + 4
    split("move tab filter", name, " ")
    split("#0072b2 #009e73 #d55e00", colour, " ")
  }
  $1 ~ /^[0-9]+$/ && NF >= 13 {
    busy = $2 > 0
    for (k = 1; k <= 3; k++) {
      p = x($1) " " y($(3 + 3 * k))
      line[busy, k] = line[busy, k] (line[busy, k] ? " L" : "M") p
      dots = dots sprintf("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x($1), y($(3 + 3 * k)), colour[k])
    }
  }
  END {
    for (busy = 0; busy < 2; busy++)
      for (k = 1; k <= 3; k++) {
        if (!line[busy, k]) continue
        style = busy ? " stroke-dasharray=\"6 4\"" : ""
        printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s/>\n", line[busy, k], colour[k], style
        at = 60 + 20 * (2 * k - 2 + busy)
        printf "<path d=\"M620 %d h30\" stroke=\"%s\" stroke-width=\"2\"%s/><text x=\"656\" y=\"%d\">%s, %s</text>\n", at, colour[k], style, at + 4, name[k], busy ? "busy" : "quiet"
      }
    printf "%s</svg>\n", dots
  }' "$in/keys" >keys.svg
