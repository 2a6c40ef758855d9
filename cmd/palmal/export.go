package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/nn"
)

const exportHelp = `Writes the policy of a run for programs that act without palmal, by the ending of the file: .onnx for ONNX
Runtime, .h for C99 without any library, .safetensors for arrays. All hold the scale of the inputs, σ and the
action box; docs/protocol.md describes them.

Examples:
  palmal export runs/hopper-pal-seed1 -o hopper.onnx
  palmal export runs/hopper-pal-seed1 --best -o hopper.h`

func (p *program) export() *cli.Command {
	return &cli.Command{
		Name: "export", ArgsUsage: "RUN -o FILE", Usage: "write the policy of a run as ONNX, C or safetensors", Description: exportHelp,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "o", Usage: "file to write, .onnx, .h or .safetensors"},
			&cli.BoolFlag{Name: "best", Usage: "take the checkpoint with the highest lower confidence bound instead of the last"},
			&cli.StringFlag{Name: "checkpoint", Usage: "take the checkpoint of this iteration"},
		},
		Action: func(c *cli.Context) error {
			args, err := positional(c, 1, 1, "a run directory")
			if err != nil {
				return err
			}
			directory, config, err := openRun(args[0])
			if err != nil {
				return err
			}
			p.warnOfTask(directory, config)
			iteration, err := evaluated(directory, c)
			if err != nil {
				return err
			}
			return p.exportPolicy(directory, config, iteration, c.String("o"))
		},
	}
}

// errPlanned refuses to export a policy that is more than one network.
var errPlanned = errors.New("a policy that plans needs the learned model: only one that is a network can be written")

// exportPolicy writes the policy of a checkpoint to a file.
func (p *program) exportPolicy(d *run.Directory, config run.Config, iteration int, out string) error {
	t, err := config.LoadTask()
	if err != nil {
		return err
	}
	manifest, snapshot, err := d.Read(iteration, config.ActingGroups()...)
	if err != nil {
		return adviseOther(d, iteration, err)
	}
	if err := p.warnOfDrifts(d, config, manifest); err != nil {
		return err
	}
	policy, _, err := algo.OpenPolicy(config.Config, t, t.Horizon, snapshot.Groups, func() (nn.Backend, error) { return nil, errPlanned })
	if errors.Is(err, errPlanned) {
		return usage.Mistakef("%s: policy.player %s: %w", d.Path, config.Policy.Player, errPlanned)
	}
	if err != nil {
		return fmt.Errorf("%s: checkpoint %06d: %w", d.Path, iteration, err)
	}
	files, err := run.PolicyFiles(policy.(algo.GaussianPolicy), t, iteration) // OpenPolicy opens nothing else without a backend
	if err != nil {
		return err
	}
	text, known := files[strings.ToLower(filepath.Ext(out))]
	if out == "" {
		return usage.Mistakef("export needs -o FILE, a file with one of the endings %v", slices.Sorted(maps.Keys(files)))
	}
	if !known {
		return usage.Mistakef("-o %s: want a file with one of the endings %v", out, slices.Sorted(maps.Keys(files)))
	}
	if err := (disk.Output{Path: out}).Write(func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	samples := d.TrainedBy(manifest)
	if p.json {
		p.printJSON(map[string]any{"run": d.Path, "checkpoint": iteration, "samples": samples, "file": out})
		return nil
	}
	p.printf("the policy of checkpoint %06d (%s samples) is written to %s\n", iteration, run.Thousands(samples), out)
	return nil
}
