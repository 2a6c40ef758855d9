# sanitize.sh: compute-sanitizer on the tests of package gpu. A tool counts only if it finds its planted fault, sees
# every kernel of the image, and reports nothing else.

FOUND=9 # the tool's exit status for errors

# planted_for names the planted kernel that a tool must find.
planted_for() { # tool
	case $1 in
	memcheck) echo overrun ;;
	racecheck) echo race ;;
	synccheck) echo divergence ;;
	esac
}

# tests_program is the program without its launcher if it starts so: tools watch only the first process by default.
tests_program() {
	local direct=$PALMAL_BIN/bin/gpu.test
	if [ -x "$direct" ] && "$direct" -test.list '^TestSmoke$' 2> /dev/null | grep -q TestSmoke; then echo "$direct"; else echo "$PALMAL_BIN/gpu.test"; fi
}

# watched runs the tests under a tool.
watched() { # tool, flags of the tests
	local tool=$1
	shift
	compute-sanitizer --tool "$tool" --target-processes all --error-exitcode $FOUND --print-limit 20 "$(tests_program)" "$@"
}

# planted_faults is the fat binary of gpu/testdata/planted, in the bundle or where the Makefile puts it.
planted_faults() {
	local at
	for at in "$PALMAL_BIN/planted.fatbin" "$here/../cuda/build/planted.fatbin"; do
		[ ! -e "$at" ] || { echo "$at"; return; }
	done
}

# proven runs the planted fault of a tool and succeeds if the tool names its kernel in a report.
proven() { # tool, file for the output
	local fault status
	fault=$(planted_for "$1")
	PALMAL_PLANTED=$(planted_faults) watched "$1" -test.run "^TestPlanted\$/^$fault" > "$2" 2>&1
	status=$?
	[ $status = $FOUND ] && grep -q "^=========.*planted_$fault" "$2"
}

# launched is TestSmoke's line about the kernels that it launched.
launched() { grep -oE 'launched [0-9]+ of the [0-9]+ kernels' "$1" | tail -n 1; }
every_kernel() { launched "$1" | awk '{ all = $2 > 0 && $2 == $5 } END { exit !all }'; }

# clean succeeds if the tool's own summary counts no error.
clean() { grep -qE '^========= (ERROR SUMMARY: 0 errors|RACECHECK SUMMARY: 0 hazards)' "$1"; }

# sanitize runs one tool on its planted fault, then on every kernel. SANITIZE_TESTS names other tests to watch.
sanitize() { # tool
	local tool=$1 first=$work/$1.planted.out all=$work/$1.out found="" status
	command -v compute-sanitizer > /dev/null || { note "no compute-sanitizer in PATH"; return 77; }
	! proven "$tool" "$first" || found=yes
	watched "$tool" -test.v -test.short -test.timeout 60m -test.run "${SANITIZE_TESTS:-^TestSmoke\$}" > "$all" 2>&1
	status=$?
	tail -n 30 "$first"
	tail -n 60 "$all"
	if [ $status = $FOUND ]; then
		note "$tool found faults: $(grep -E '^========= .*([Ee]rror|hazard|Invalid|Race)' "$all" | head -n 1)"
	elif [ $status != 0 ]; then
		note "the tests failed under $tool, exit $status: $(grep -E -- '--- FAIL|_test.go|panic|=========' "$all" | head -n 1)"
	elif [ -z "$found" ]; then
		note "$tool proved nothing: it did not find planted_$(planted_for "$tool"): $(tail -n 1 "$first")"
	elif ! clean "$all" || ! every_kernel "$all"; then
		note "$tool proved nothing: no summary of no errors over every kernel"
	else
		note "planted_$(planted_for "$tool") found; $(launched "$all"), no fault"
		return 0
	fi
	return 1
}
