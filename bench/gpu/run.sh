# run.sh: runs parts, each in its own process group under `timeout`, within the total time. Every wait for a process
# has a limit: a process inside the driver may survive SIGKILL. Times are in milliseconds.

scale=$(awk -v s="${PALMAL_GPU_SCALE:-1}" 'BEGIN { printf "%d", 1000 * s }')
interrupted=""
declare -A began=() allowed=()
statuses=()

now() { local t=${EPOCHREALTIME:-$(date +%s.%6N)}; t=${t/[.,]/}; echo $((t / 1000)); }
scaled() { echo $(($1 * scale)); } # seconds of the plan
seconds() { printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); }

start_clock() {
	begin_all=$(now)
	deadline=$((begin_all + $(scaled LIMIT) - $(scaled RESERVE)))
	token=palmal.$$.$begin_all
}

# caches is the folder of the peers' compiler caches, for later calls too.
caches() {
	local at=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/palmal/bench
	mkdir -p "$at" 2> /dev/null || at=$work/../$(basename "$work").cache
	export TORCHINDUCTOR_CACHE_DIR=$at/inductor TRITON_CACHE_DIR=$at/triton JAX_COMPILATION_CACHE_DIR=$at/jax
	export TORCHINDUCTOR_COMPILE_THREADS=4 JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1
}

# capped copies up to 4 MB and drops the rest, so that a part that prints without end cannot fill the disk.
capped() { dd bs=64K count=4000000 iflag=count_bytes status=none; cat > /dev/null; }

# begin starts a part within its limit and the total time that is left. Its output, its exit status and the end of its
# output go to files.
begin() { # part
	local part=$1 job=$work/$1 limit left
	limit=$(scaled "$(budget "$part")")
	left=$((deadline - $(now) - $(scaled KILL)))
	began[$part]=$(now) allowed[$part]=$limit
	if ((left < limit / 4)); then
		rm -f "$job".*
		record "$part" skipped 0 "no time left: $(seconds $((left > 0 ? left : 0))) s of the $(seconds "$limit") s that it may take"
		return 1
	fi
	((limit <= left)) || limit=$left
	allowed[$part]=$limit
	rm -f "$job".*
	say "$part: started, $(seconds "$limit") s at most"
	(
		trap - EXIT INT TERM HUP
		exec < /dev/null 3> >(trap '' INT TERM HUP; capped > "$job.txt"; : > "$job.end") 2> /dev/null
		PALMAL_PART=$token.$part timeout -k "$(seconds "$(scaled KILL)")" "$(seconds "$limit")" bash "$here/gpu/part.sh" "$part" >&3 2>&3 3>&-
		echo $? > "$job.new"
		mv "$job.new" "$job.rc"
	) &
	disown
}

# finish waits for the end of a part, at most its limit, and records the result.
finish() { # part
	local part=$1 job=$work/$1 latest took code status why
	latest=$((began[$part] + allowed[$part] + $(scaled KILL) + 1000))
	while [ ! -e "$job.rc" ] && [ -z "$interrupted" ] && (($(now) < latest)); do sleep 0.05; done
	took=$(($(now) - began[$part]))
	code=$(cat "$job.rc" 2> /dev/null)
	leftovers "$token.$part"
	for _ in {1..20}; do [ ! -e "$job.end" ] || break; sleep 0.05; done
	why=$(reason "$job")
	case $code in
	0) status=passed why=$(tail -n 1 "$job.note" 2> /dev/null) ;;
	77) status=missing; ! optional "$part" || status=absent ;;
	124 | 137)
		status="out of time"
		((took + 100 >= allowed[$part])) || status=failed why="killed; $why"
		;;
	"") if [ -n "$interrupted" ]; then status=interrupted; else status=stuck why="it does not die; $why"; fi ;;
	*) status=failed ;;
	esac
	[ -n "$why" ] || [ "$status" = passed ] || why="it said nothing"
	record "$part" "$status" "$took" "$why"
	case $status in passed | absent) ;; *) excerpt "$job.txt" ;; esac
}

# reason is the note of a part, else the last line of its output.
reason() { # job
	if [ -s "$1.note" ]; then tail -n 1 "$1.note"; else tail -c 2000 "$1.txt" 2> /dev/null | grep '[^[:space:]]' | tail -n 1; fi
}

# leftovers kills the processes that a part left, even in their own session: their environment names the part.
leftovers() { # token of the part
	local environ pid
	for environ in $(grep -lzE "^PALMAL_PART=$1" /proc/[0-9]*/environ 2> /dev/null); do
		pid=${environ#/proc/}
		pid=${pid%/environ}
		[ "$pid" = $$ ] || kill -KILL "$pid" 2> /dev/null
	done
}

stop_all() { leftovers "${token:-none}"; }

# together runs parts at the same time, and fails if there was time for none of them.
together() { # part...
	local part running=()
	for part; do ! begin "$part" || running+=("$part"); done
	for part in "${running[@]}"; do finish "$part"; done
	[ ${#running[@]} -gt 0 ]
}
