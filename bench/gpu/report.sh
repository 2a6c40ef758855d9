# report.sh: the output of the parts: lines in results.jsonl, the log, the table, the tar of the rest.

say() { printf '== %s\n' "$*" | cut -c 1-500 | tee -a "$out/log.txt"; }

# excerpt shows the end of a part's output in the log; all of it is in the tar.
excerpt() { # file
	[ ! -s "$1" ] || tail -c 20000 "$1" | tail -n 15 | cut -c 1-300 | sed 's/^/   /' | tee -a "$out/log.txt"
}

# text writes a JSON string of one line, not too long.
text() { printf '"%s"' "$(printf '%s' "$1" | tr -d '\000-\037' | cut -c 1-300 | sed 's/\\/\\\\/g; s/"/\\"/g')"; }

# row appends a line with the status of a part.
row() { # part, status, seconds, seconds allowed, reason, more members
	printf '{"part":%s,"status":%s,"seconds":%s,"allowed":%s,"reason":%s%s}\n' \
		"$(text "$1")" "$(text "$2")" "$3" "$4" "$(text "$5")" "${6:-}" >> "$out/results.jsonl"
}

# plan_rows lists every part before the first begins, so that the table has all parts even if this program is killed.
plan_rows() { # part...
	local part rows name algo sizes
	printf '{"fact":"date","value":%s}\n' "$(text "$(date -u '+%Y-%m-%d %H:%M UTC')")" >> "$out/results.jsonl"
	for part; do
		[ "$part" != table ] || continue
		rows=""
		while IFS='|' read -r name algo sizes; do
			[ -z "$name" ] || rows="$rows${rows:+,}{\"who\":$(text "$name"),\"algo\":$(text "$algo"),\"sizes\":$(text "$sizes")}"
		done < <(who "$part")
		row "$part" "not reached" 0 "$(seconds "$(scaled "$(budget "$part")")")" "gpu.sh ended before it" ",\"rows\":[$rows]"
	done
}

record() { # part, status, milliseconds, reason
	statuses+=("$1|$2|$4")
	row "$1" "$2" "$(seconds "$3")" "$(seconds "${allowed[$1]}")" "$4"
	say "$1: $2 after $(seconds "$3") s${4:+: $4}"
}

write_table() {
	if timeout -k 2 10 "$PYTHON" "$here/table.py" "$out/results.jsonl" > "$work.table" 2> "$work/table.log"; then
		mv "$work.table" "$out/table.txt"
	else
		say "table: FAILED, here is a plain one: $(tail -n 1 "$work/table.log" 2> /dev/null)"
		plain_table > "$out/table.txt"
	fi
	rm -f "$work.table"
}

# plain_table needs no Python: the status of each part of this call, and the raw results.
plain_table() {
	printf '%-14s %-12s %s\n' part status reason
	local one
	for one in "${statuses[@]}"; do
		printf '%-14s %-12s %s\n' "${one%%|*}" "$(cut -d '|' -f 2 <<< "$one")" "$(cut -d '|' -f 3- <<< "$one")"
	done
	grep -v '"part"' "$out/results.jsonl"
}

# pack packs all other files into one, small enough to send.
pack() {
	timeout -k 2 20 tar -C "$work" -czf "$work.tar.gz" . 2> /dev/null
	if [ "$(wc -c < "$work.tar.gz")" -gt 15000000 ]; then
		timeout -k 2 20 tar -C "$work" --exclude '*.ncu-rep' -czf "$work.tar.gz" . 2> /dev/null
	fi
	mv "$work.tar.gz" "$out/rest.tar.gz"
}

# summary ends the program: the statuses, the table, and 1 unless all went well.
summary() {
	local one bad=()
	[ -z "$interrupted" ] || say "interrupted"
	write_table
	for one in "${statuses[@]}"; do
		case $one in *"|passed|"* | *"|absent|"*) ;; *) bad+=("$(cut -d '|' -f 1,2 <<< "$one" | tr '|' ' ')") ;; esac
	done
	say "$((${#statuses[@]} - ${#bad[@]})) of ${#statuses[@]} parts went well, in $(seconds $(($(now) - begin_all))) s"
	for one in "${bad[@]}"; do say "NOT WELL: $one"; done
	pack
	cat "$out/table.txt"
	[ ${#bad[@]} = 0 ] && [ -z "$interrupted" ] && exit 0
	exit 1
}
