package main

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
	"github.com/palmal-rl/palmal/physics/episodes"
	"github.com/palmal-rl/palmal/physics/task"
)

const dataHelp = `Describes recorded episodes, and writes them to one file with -o. A source is a file (.npz, .jsonl, .json,
.parquet), the folder of a LeRobotDataset (versions 2 and 3), or a run directory, whose episodes are
those in the buffer of its newest checkpoint: all of a run that keeps all (MAL), else the recent ones.
A run that has collected nothing (--samples 0) has those that it learned from.

minari:ID and d4rl:FILE are read through Python, which needs the packages minari or h5py:
minari:D4RL/door/human-v2 loads a Minari data set that is on this computer, d4rl:FILE.hdf5 a file of D4RL.

-o FILE.npz or FILE.jsonl writes the episodes of all sources together; docs/data.md describes the files.

Examples:
  palmal data demonstrations.npz
  palmal data runs/hopper-mal-seed1 -o hopper.npz
  palmal data ./my_lerobot_dataset night1.jsonl night2.jsonl -o all.npz
  palmal data d4rl:hopper-medium-v2.hdf5 -o hopper.npz`

func (p *program) data() *cli.Command {
	return &cli.Command{
		Name: "data", ArgsUsage: "SOURCE... [-o FILE]", Usage: "describe recorded episodes, convert them, export those of a run", Description: dataHelp,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "o", Usage: "file to write, .npz or .jsonl"},
			&cli.StringFlag{Name: "python", Usage: "Python that reads minari: and d4rl: (default python3)"},
		},
		Action: func(c *cli.Context) error {
			sources, err := positional(c, 1, -1, "a file, a folder or a run with episodes")
			if err != nil {
				return err
			}
			out := c.String("o")
			if format := episodes.Format(out); out != "" && format != "npz" && format != "jsonl" {
				return usage.Mistakef("-o %s: want a file .npz or .jsonl", out)
			}
			return p.gatherData(sources, out, c.String("python"))
		},
	}
}

// gatherData reads the episodes of all sources, describes them, and writes them to one file.
func (p *program) gatherData(sources []string, out, python string) error {
	var all []episodes.Episode
	var parts [][]episodes.Episode
	described := []map[string]any{}
	for _, source := range sources {
		some, err := session.ReadData(p.stops.ctx, source, python)
		if err != nil {
			return err
		}
		fillStep(source, some)
		if len(all) > 0 && some[0].Size != all[0].Size {
			return usage.Mistakef("%s has %v, %s %v: they are not of one task", source, some[0].Size, sources[0], all[0].Size)
		}
		all, parts = append(all, some...), append(parts, some)
		facts := describeData(some)
		facts["source"] = source
		described = append(described, facts)
		p.showData(source, some, facts)
	}
	if out != "" {
		for _, without := range dropped(sources, parts) {
			p.warn("%s is written without %s", out, without)
		}
		all = episodes.Uniform(all)
		if err := (disk.Output{Path: out}).Write(func(w io.Writer) error { return episodes.Encode(episodes.Format(out), w, all) }); err != nil {
			return err
		}
		p.printf("written to %s\n", out)
	}
	if p.json {
		p.printJSON(map[string]any{"sources": described, "file": out, "sha256": episodes.Digest(all)})
	}
	return nil
}

// dropped says what a file of all episodes cannot hold, since some of them lack it: the first one of these.
func dropped(sources []string, parts [][]episodes.Episode) []string {
	var all []string
	for _, list := range []struct {
		name  string
		lacks func(episodes.Episode) bool
	}{
		{"rewards", func(e episodes.Episode) bool { return e.Rewards == nil }},
		{"times", func(e episodes.Episode) bool { return e.Times == nil }},
	} {
		first, lacking, n := "", 0, 0
		for i, part := range parts {
			for j, e := range part {
				n++
				if !list.lacks(e) {
					continue
				}
				if lacking++; first == "" {
					first = fmt.Sprintf("%s, episode %d", sources[i], j)
				}
			}
		}
		if lacking > 0 && lacking < n {
			all = append(all, fmt.Sprintf("%s: %d of %d episodes hold none, first %s", list.name, lacking, n, first))
		}
	}
	return all
}

// fillStep gives the episodes of a run their time step where only the compiled model of its task knows it. Where that cannot
// be opened, it stays unknown.
func fillStep(source string, some []episodes.Episode) {
	if some[0].Dt > 0 || !isRun(source) {
		return
	}
	_, config, err := openRun(source)
	if err != nil {
		return
	}
	if t, err := config.LoadTask(); err != nil || t.Simulator != task.MuJoCo || config.World != "" {
		return
	}
	world, err := openWorld(config, 0)
	if err != nil {
		return
	}
	for i := range some {
		some[i].Dt = world.Task().Dt() * float64(config.Repeat)
	}
	_ = world.Close() // nothing was played
}

// describeData counts what episodes hold.
func describeData(all []episodes.Episode) map[string]any {
	terminated, rewarded, least, most, sum := 0, 0, 0.0, 0.0, 0.0
	for i, e := range all {
		total := 0.0
		for _, r := range e.Rewards {
			total += r
		}
		if e.Terminated {
			terminated++
		}
		if e.Rewards != nil {
			rewarded++
		}
		if least, most = min(least, total), max(most, total); i == 0 {
			least, most = total, total
		}
		sum += total
	}
	facts := map[string]any{"episodes": len(all), "decisions": episodes.Decisions(all), "observation": all[0].Size.Observation,
		"action": all[0].Size.Action, "terminated": terminated, "dt": all[0].Dt, "sha256": episodes.Digest(all)}
	if rewarded == len(all) {
		facts["return_mean"], facts["return_min"], facts["return_max"] = sum/float64(len(all)), least, most
	}
	return facts
}

// showData prints that, with the range of each column.
func (p *program) showData(source string, all []episodes.Episode, facts map[string]any) {
	p.printf("%s: %s, %s decisions, %v\n", source, usage.Count(len(all), "episode"), run.Thousands(episodes.Decisions(all)), all[0].Size)
	step := "time step not recorded"
	if all[0].Dt > 0 {
		step = fmt.Sprintf("%.4g s a decision", all[0].Dt)
	}
	p.printf("  %d terminated, the others were cut; %s\n", facts["terminated"], step)
	if mean, known := facts["return_mean"]; known {
		p.printf("  return %.4g in the mean, from %.4g to %.4g\n", mean, facts["return_min"], facts["return_max"])
	} else {
		p.printf("  no rewards\n")
	}
	ranges := func(what string, width int, of func(episodes.Episode) []float32) {
		for j := range width {
			low, high := of(all[0])[j], of(all[0])[j]
			for _, e := range all {
				for i, x := range of(e) {
					if i%width == j {
						low, high = min(low, x), max(high, x)
					}
				}
			}
			p.printf("  %s %d from %.4g to %.4g\n", what, j, low, high)
		}
	}
	const most = 8 // columns of which there are more are not listed
	if all[0].Size.Observation <= most {
		ranges("observation", all[0].Size.Observation, func(e episodes.Episode) []float32 { return e.Observations })
	}
	if all[0].Size.Action <= most {
		ranges("action", all[0].Size.Action, func(e episodes.Episode) []float32 { return e.Actions })
	}
}
