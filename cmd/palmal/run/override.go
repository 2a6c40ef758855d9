package run

import "github.com/palmal-rl/palmal/cmd/palmal/internal/usage"

// Override changes keys of a complete configuration, and checks it with all of them.
func (c *Config) Override(all ...Assignment) error {
	_, err := c.Change(Request{Flags: all})
	return err
}

// Change is Override by single keys, then flags, as Resolve reads them. It returns every mistake, or what overrules what.
func (c *Config) Change(request Request) (overruled []string, err error) {
	all, problems, err := request.assignments()
	if err != nil || len(all)+len(problems) == 0 {
		return nil, err
	}
	resolved := Resolved{Config: *c, Origins: map[string]string{}, rest: "the run"}
	problems = append(problems, resolved.apply(all, false)...)
	*c = resolved.Config
	if resolved.Origins[pythonKey] == "" { // a later flag may name one that exists
		resolved.Config.Run.Python = ""
	} else {
		c.Run.Python = AbsoluteProgram(c.Run.Python)
		resolved.Config.Run.Python = c.Run.Python
	}
	problems = resolved.judge(problems, []string{c.Run.Backend})
	if len(problems) > 0 {
		return nil, &usage.Error{Code: usage.Mistake, Err: problems}
	}
	return resolved.overruled, nil
}
