package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes a file system of small files.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const (
	second = "31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
	first  = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
)

func TestLimitsOfControlGroupsAreFound(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		bytes int64 // 0: none
		by    string
	}{
		{"version 2", map[string]string{"proc/self/cgroup": "0::/job/step\n", "proc/self/mountinfo": second,
			"sys/fs/cgroup/job/step/memory.max": "500\n", "sys/fs/cgroup/job/memory.max": "max\n"}, 500, "job/step/memory.max"},
		{"version 2, above", map[string]string{"proc/self/cgroup": "0::/job/step\n", "proc/self/mountinfo": second,
			"sys/fs/cgroup/job/step/memory.max": "max\n", "sys/fs/cgroup/job/memory.max": "300\n"}, 300, "job/memory.max"},
		{"version 2 in a namespace", map[string]string{"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": second,
			"sys/fs/cgroup/memory.max": "200\n"}, 200, "cgroup/memory.max"},
		{"version 2, outside of the namespace", map[string]string{"proc/self/cgroup": "0::/../other\n", "proc/self/mountinfo": second,
			"sys/fs/cgroup/memory.max": "200\n", "sys/fs/other/memory.max": "1\n"}, 200, "cgroup/memory.max"},
		{"version 2, unlimited", map[string]string{"proc/self/cgroup": "0::/a\n", "proc/self/mountinfo": second,
			"sys/fs/cgroup/a/memory.max": "max\n"}, 0, ""},
		{"version 1", map[string]string{"proc/self/cgroup": "5:cpu:/x\n4:hugetlb,memory:/x\n0::/\n", "proc/self/mountinfo": first + second,
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "700\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 700, "memory/x/memory.limit_in_bytes"},
		{"version 1, above", map[string]string{"proc/self/cgroup": "4:memory:/x/y\n", "proc/self/mountinfo": first,
			"sys/fs/cgroup/memory/x/y/memory.limit_in_bytes": "9223372036854771712\n", "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "600\n"}, 600, "memory/x/"},
		{"version 1, above what is mounted", map[string]string{"proc/self/cgroup": "4:memory:/docker/abc\n",
			"proc/self/mountinfo":                        strings.Replace(first, "0:32 / ", "0:32 /docker/abc ", 1),
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/memory.stat":           "cache 1\nhierarchical_memory_limit 400\n"}, 400, "memory.stat"},
		{"a container without a namespace", map[string]string{"proc/self/cgroup": "4:memory:/docker/abc/in\n",
			"proc/self/mountinfo":                           strings.Replace(first, "0:32 / ", "0:32 /docker/abc ", 1),
			"sys/fs/cgroup/memory/in/memory.limit_in_bytes": "450\n"}, 450, "memory/in/"},
		{"a name that only begins alike", map[string]string{"proc/self/cgroup": "4:memory:/docker/abcdef\n",
			"proc/self/mountinfo":                            strings.Replace(first, "0:32 / ", "0:32 /docker/abc ", 1),
			"sys/fs/cgroup/memory/def/memory.limit_in_bytes": "1\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "450\n"}, 450, "memory/memory.limit"},
		{"a point with a blank", map[string]string{"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": strings.Replace(second, "/sys/fs/cgroup", `/my\040groups`, 1),
			"my groups/memory.max": "100\n"}, 100, "my groups/memory.max"},
		{"no control groups", map[string]string{"proc/self/cgroup": "", "proc/self/mountinfo": ""}, 0, ""},
		{"nothing", nil, 0, ""},
		{"nonsense", map[string]string{"proc/self/cgroup": "::\n:\nx", "proc/self/mountinfo": " - \n - a b c\nx - cgroup2 y z\n"}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			least := Least(groupLimits(tree(t, c.files)))
			if least.Bytes != c.bytes || !strings.Contains(least.By, c.by) {
				t.Errorf("%+v, want %d bytes by %s", least, c.bytes, c.by)
			}
		})
	}
}

func TestTheLeastLimitBinds(t *testing.T) {
	if got := Least(nil); got.Bytes != 0 {
		t.Errorf("%v", got)
	}
	if got := Least([]Limit{{3, "a"}, {0, "b"}, {2, "c"}}); got != (Limit{0, "b"}) {
		t.Errorf("%v", got)
	}
	if len(Memory()) == 0 {
		t.Skip("this system does not show its memory")
	}
	if here := Least(Memory()); here.Bytes <= 0 || here.By == "" {
		t.Errorf("here: %+v", here)
	}
}
