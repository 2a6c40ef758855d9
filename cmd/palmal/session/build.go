package session

import (
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// module is the path of palmal's module.
const module = "github.com/palmal-rl/palmal"

// Build describes how the program was built. version is what a linker set, "development" where nothing did.
func Build(version string) run.Machine {
	m := run.Machine{Palmal: version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Tags: []string{}}
	if info, ok := debug.ReadBuildInfo(); ok {
		readBuild(&m, info)
	}
	return m
}

// readBuild reads what the Go command recorded: the commit of a checkout, or the version of a fetched
// module, which ends with the commit where it has no name.
func readBuild(m *run.Machine, info *debug.BuildInfo) {
	if info.Main.Path != module && info.Main.Path != "" { // another program that imports this module
		i := slices.IndexFunc(info.Deps, func(d *debug.Module) bool { return d.Path == module })
		if i < 0 {
			return
		}
		info = &debug.BuildInfo{Main: *info.Deps[i], Settings: slices.DeleteFunc(slices.Clone(info.Settings),
			func(s debug.BuildSetting) bool { return strings.HasPrefix(s.Key, "vcs.") })} // its commit is not ours
	}
	modified := ""
	for _, setting := range info.Settings {
		switch setting.Key {
		case "-tags":
			m.Tags = strings.FieldsFunc(setting.Value, func(r rune) bool { return r == ',' || r == ' ' })
		case "vcs.revision":
			m.Commit = setting.Value
		case "vcs.modified":
			if setting.Value == "true" {
				modified = " with changes"
			}
		}
	}
	fetched := info.Main.Version
	if fetched == "(devel)" {
		fetched = ""
	}
	if m.Palmal == "development" && fetched != "" {
		m.Palmal = fetched
	}
	if m.Commit == "" {
		m.Commit = commitIn(fetched)
	}
	if m.Commit == "" {
		m.Commit = commitIn(m.Palmal) // the Makefile sets the version
	}
	if m.Commit != "" {
		m.Commit += modified
	}
}

// commitIn finds the abbreviated commit in a version: the end of Go's v0.0.0-20261128155822-3dd7369abcde
// and of git's v1.2-14-g3dd7369-dirty, or git's 3dd7369 of a repository without tags; "" if there is none.
func commitIn(version string) string {
	version, dirty := strings.CutSuffix(strings.Replace(version, "+dirty", "-dirty", 1), "-dirty")
	version, _, _ = strings.Cut(version, "+")
	commit := version[strings.LastIndex(version, "-")+1:]
	if described, isGit := strings.CutPrefix(commit, "g"); isGit {
		commit = described
	}
	if len(commit) < 7 || strings.Trim(commit, "0123456789abcdef") != "" {
		return ""
	}
	if dirty {
		commit += " with changes"
	}
	return commit
}
