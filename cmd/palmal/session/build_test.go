package session

import (
	"runtime/debug"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// However the program is built, it knows its commit where anything says it.
func TestTheCommitIsFoundHoweverTheProgramIsBuilt(t *testing.T) {
	checkout := []debug.BuildSetting{{Key: "vcs.revision", Value: "3dd7369aaaabbbbccccddddeeeeffff000011112"}, {Key: "vcs.modified", Value: "true"}}
	for name, c := range map[string]struct {
		linked, module string
		settings       []debug.BuildSetting
		version        string
		commit         string
	}{
		"go build":              {"development", "(devel)", checkout, "development", "3dd7369aaaabbbbccccddddeeeeffff000011112 with changes"},
		"go install @latest":    {"development", "v0.0.0-20261128155822-3dd7369abcde", nil, "v0.0.0-20261128155822-3dd7369abcde", "3dd7369abcde"},
		"go install of a tag":   {"development", "v1.2.3", nil, "v1.2.3", ""},
		"after a tag":           {"development", "v1.2.4-0.20261128155822-3dd7369abcde", nil, "v1.2.4-0.20261128155822-3dd7369abcde", "3dd7369abcde"},
		"with changes":          {"development", "v0.0.0-20261128155822-3dd7369abcde+dirty", nil, "v0.0.0-20261128155822-3dd7369abcde+dirty", "3dd7369abcde with changes"},
		"make, buildvcs=false":  {"3dd7369-dirty", "(devel)", nil, "3dd7369-dirty", "3dd7369 with changes"},
		"make, after a tag":     {"v1.2-14-g3dd7369", "(devel)", nil, "v1.2-14-g3dd7369", "3dd7369"},
		"nothing says anything": {"development", "(devel)", nil, "development", ""},
	} {
		m := run.Machine{Palmal: c.linked}
		readBuild(&m, &debug.BuildInfo{Main: debug.Module{Version: c.module}, Settings: c.settings})
		if m.Palmal != c.version || m.Commit != c.commit {
			t.Errorf("%s: version %q, commit %q, want %q and %q", name, m.Palmal, m.Commit, c.version, c.commit)
		}
	}
}
