package host

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// Limit is an upper bound on the memory of this process.
type Limit struct {
	Bytes int64
	By    string // description of what sets it: Computer, or a control group with its file
}

// Computer describes the limit where nothing else sets one.
const Computer = "the memory of this computer"

// unlimited is a little less than the value that version 1 of control groups shows for no limit.
const unlimited = 1 << 60

// Memory lists every known bound on the memory of this process. A process reserves more address space and
// data than it touches, so their bounds are reduced to what can be touched.
func Memory() []Limit {
	var limits []Limit
	if total := Total(); total > 0 {
		limits = append(limits, Limit{total, Computer})
	}
	if runtime.GOOS == "linux" {
		limits = append(limits, groupLimits("/")...)
	}
	return append(limits, resourceLimits()...)
}

// Least is the bound that binds; 0 bytes if there is none.
func Least(limits []Limit) Limit {
	least := Limit{}
	for _, limit := range limits {
		if least.By == "" || limit.Bytes < least.Bytes {
			least = limit
		}
	}
	return least
}

// groupLimits reads the limits of this process's control groups and of all visible groups above them; root
// is the parent of /proc and /sys, for tests.
func groupLimits(root string) []Limit {
	groups, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return nil
	}
	var limits []Limit
	mounts := groupMounts(filepath.Join(root, "proc/self/mountinfo"))
	for line := range strings.Lines(string(groups)) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for _, m := range mounts {
			if m.second && parts[1] == "" || !m.second && holds(parts[1], "memory") {
				limits = append(limits, m.limits(root, parts[2])...)
			}
		}
	}
	return limits
}

// mount is the mount point of a hierarchy of control groups with a memory controller.
type mount struct {
	second bool   // version 2
	group  string // group at the mount point
	point  string
}

// groupMounts reads the format of proc(5), /proc/PID/mountinfo.
func groupMounts(path string) []mount {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var mounts []mount
	for line := range strings.Lines(string(text)) {
		before, after, found := strings.Cut(line, " - ")
		place, kind := strings.Fields(before), strings.Fields(after)
		if !found || len(place) < 5 || len(kind) < 3 {
			continue
		}
		m := mount{kind[0] == "cgroup2", unescape(place[3]), unescape(place[4])}
		if m.second || kind[0] == "cgroup" && holds(kind[2], "memory") {
			mounts = append(mounts, m)
		}
	}
	return mounts
}

// limits reads the limits of a group, named as in /proc/self/cgroup, and of all above it. In a namespace of
// groups, or in a container without one, the group may lie outside the mounted part; then only the limits
// of the mounted part are visible.
func (m mount) limits(root, group string) []Limit {
	below := "/"
	if rest, under := strings.CutPrefix(group, m.group); under && !strings.Contains(group, "..") &&
		(m.group == "/" || rest == "" || rest[0] == '/') {
		below = path.Clean("/" + rest)
	}
	var limits []Limit
	for {
		limits = append(limits, m.read(root, path.Join(m.point, below))...)
		if below == "/" {
			return limits
		}
		below = path.Dir(below)
	}
}

// read reads the limits of one group.
func (m mount) read(root, directory string) []Limit {
	var limits []Limit
	add := func(file, text string) {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err == nil && n < unlimited { // not "max"
			limits = append(limits, Limit{n, "the memory limit of a control group, " + path.Join(directory, file)})
		}
	}
	if m.second {
		text, _ := os.ReadFile(filepath.Join(root, directory, "memory.max"))
		add("memory.max", string(text))
		return limits
	}
	text, _ := os.ReadFile(filepath.Join(root, directory, "memory.limit_in_bytes"))
	add("memory.limit_in_bytes", string(text))
	text, _ = os.ReadFile(filepath.Join(root, directory, "memory.stat"))
	for line := range strings.Lines(string(text)) { // knows of groups above that are not mounted
		if n, found := strings.CutPrefix(line, "hierarchical_memory_limit "); found {
			add("memory.stat", n)
		}
	}
	return limits
}

func holds(list, name string) bool {
	for word := range strings.SplitSeq(list, ",") {
		if word == name {
			return true
		}
	}
	return false
}

// unescape reads the octal escapes of blanks in mountinfo.
func unescape(path string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(path)
}

// kibibytes reads a line "name: n kB" of a file, in bytes; 0 if there is none.
func kibibytes(path, name string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, name+":"); found {
			var n int64
			if _, err := fmt.Sscan(rest, &n); err == nil {
				return n << 10
			}
		}
	}
	return 0
}
