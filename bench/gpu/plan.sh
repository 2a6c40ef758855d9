# plan.sh: the parts, in order, with the seconds that each may take. Their sum (parts that run together count once) and
# the reserve for the table stay below the total limit.

LIMIT=${PALMAL_GPU_LIMIT:-570} # seconds, of everything
RESERVE=15                     # seconds kept for the table
KILL=5                         # seconds between SIGTERM to a part out of time and SIGKILL

everything() {
	cat <<-'END'
	facts
	smoke
	bench-pal
	bench-mal
	bench-ant
	bench-pen
	bench-sync
	ncu
	conformance memcheck racecheck synccheck warm-compile warm-tf32 warm-jax
	peer-compile
	peer-graphs
	peer-jax
	peer-eager
	peer-tf32
	END
}

budget() { # part
	case $1 in
	facts) echo 15 ;;
	smoke) echo 12 ;;
	bench-pal) echo 25 ;;
	bench-mal) echo 40 ;;
	bench-ant | bench-pen | bench-sync) echo 15 ;;
	ncu) echo 50 ;;
	conformance | memcheck | racecheck | synccheck | warm-*) echo 120 ;;
	peer-compile | peer-tf32 | peer-unrolled) echo 55 ;;
	peer-jax) echo 45 ;;
	peer-graphs | peer-eager) echo 40 ;;
	peer-reference) echo 100 ;;
	*) return 1 ;;
	esac
}

known() { budget "$1" > /dev/null; }

# optional parts may lack their tool.
optional() { [ "$1" = ncu ]; }

# who lists the rows of times that a part fills, one line each: name, algorithm and sizes.
who() { # part
	case $1 in
	bench-pal) echo "palmal cuda|pal|$SIZES" ;;
	bench-mal) echo "palmal cuda|mal|$SIZES" ;;
	bench-ant) echo "palmal cuda|pal|ant" ;;
	bench-pen) echo "palmal cuda|pal|pen" ;;
	peer-compile) peer_rows "torch batched, compile" ;;
	peer-graphs) peer_rows "torch batched, graphs" ;;
	peer-jax) peer_rows "jax scan" ;;
	peer-eager) peer_rows "torch batched, eager" ;;
	peer-tf32) peer_rows "torch batched, compile, tf32" ;;
	peer-unrolled) peer_rows "jax unrolled" ;;
	peer-reference) peer_rows "torch reference" ;;
	esac
}

peer_rows() { printf '%s|%s|%s\n' "$1" pal "$SIZES" "$1" mal "$SIZES"; }
