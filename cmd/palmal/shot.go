package main

import (
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/movie"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

// Defaults of a movie.
const (
	pace         = 30  // most pictures of a second in the world
	hold         = 0.5 // time that the end of an episode stays, s
	sheetFrames  = 12  // pictures of a single episode on a contact sheet
	sheetColumns = 4
	rowFrames    = 6 // pictures of each of several episodes
)

// shot is the plan and the state of a movie.
type shot struct {
	out     disk.Output
	task    string
	options physics.FilmOptions
	every   int     // decisions between pictures; 0: spread over the episode
	fps     float64 // pictures per second of the movie; 0 on a contact sheet
	speed   float64 // speed of the movie, in units of the world's
	columns int     // columns of a contact sheet
	frames  int
	seconds float64        // lengths of the movie: before the present episode, and in all
	waiting *movie.Picture // shown until the next picture comes
	takes   []physics.Take
}

// newShot reads the flags of drawing.
func newShot(c *cli.Context, s *scene) (*shot, error) {
	out, err := outputFile(c, s)
	if err != nil {
		return nil, err
	}
	shot := &shot{out: out, task: s.world.Task().Name}
	episodes, err := usage.Whole("episodes", c.String("episodes"), 1, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	shot.options = physics.FilmOptions{Episodes: episodes, Camera: c.String("camera"), Moments: shot.moments}
	if s.world.Task().Simulator == task.MuJoCo {
		if shot.options.GL, err = mujoco.ReadGL(os.Getenv("MUJOCO_GL")); err != nil {
			return nil, usage.Mistakef("%w", err)
		}
	}
	if err := shot.choosePicture(c, s.world); err != nil {
		return nil, err
	}
	if c.IsSet("every") {
		if shot.every, err = usage.Whole("every", c.String("every"), 1, math.MaxInt32); err != nil {
			return nil, err
		}
	}
	if movie.Format(out.Path) == ".png" {
		return shot, shot.layOut(c)
	}
	return shot, shot.choosePace(c, s.world)
}

// choosePicture sets size and camera.
func (s *shot) choosePicture(c *cli.Context, world *physics.World) error {
	const least, most = 16, 4096
	size := c.String("size")
	if size == "" && movie.Format(s.out.Path) == ".png" {
		size = "320x240"
	} else if size == "" {
		size = "480x360"
	}
	width, height, _ := strings.Cut(size, "x")
	var err, err2 error
	s.options.Width, err = usage.Whole("size", width, least, most)
	s.options.Height, err2 = usage.Whole("size", height, least, most)
	if err != nil || err2 != nil {
		return usage.Mistakef("--size %s: want WIDTHxHEIGHT, each %d to %d", size, least, most)
	}
	cameras, err := world.Cameras()
	if err != nil || s.options.Camera == "" {
		return err
	}
	return usage.OneOf("camera of "+world.Task().Name, s.options.Camera, cameras)
}

// layOut arranges a contact sheet.
func (s *shot) layOut(c *cli.Context) error {
	if c.IsSet("fps") {
		return usage.Mistakef("--fps: a contact sheet stands still")
	}
	s.columns = sheetColumns
	if s.options.Episodes > 1 {
		s.columns = rowFrames
	}
	return nil
}

// choosePace sets how many pictures are drawn, and how fast they are shown.
func (s *shot) choosePace(c *cli.Context, world *physics.World) error {
	decision := world.Task().Dt() * float64(world.ActionRepeat())
	if s.every == 0 {
		s.every = max(1, int(math.Ceil(1/(pace*decision)-1e-9)))
	}
	real := 1 / (decision * float64(s.every))
	s.fps = real
	if text := c.String("fps"); c.IsSet("fps") {
		var err error
		if s.fps, err = usage.Number("fps", text, 0.1, 1000); err != nil {
			return err
		}
		if movie.Format(s.out.Path) == ".gif" && s.fps > movie.MostFPS {
			return usage.Mistakef("--fps %s: a GIF shows at most %v pictures per second; use .mp4 or --every", text, movie.MostFPS)
		}
	}
	s.speed = s.fps / real
	return nil
}

// moments chooses the moments of an episode to draw: its beginning and end are among them.
func (s *shot) moments(decisions int) []int {
	var chosen []int
	if s.every > 0 {
		for t := 0; t < decisions; t += s.every {
			chosen = append(chosen, t)
		}
		return append(chosen, decisions)
	}
	n := sheetFrames
	if s.options.Episodes > 1 {
		n = rowFrames
	}
	for i := range min(n, decisions+1) {
		chosen = append(chosen, i*decisions/max(1, min(n, decisions+1)-1))
	}
	return chosen
}

// add adds a frame to the movie. A picture is shown until the next one, so that a film lasts as long as
// its episode, even if moments are left out; the end of an episode stays for hold.
func (s *shot) add(writer movie.Writer, f physics.Frame) error {
	if f.Index == 0 {
		s.takes = append(s.takes, f.Take)
	}
	s.frames++
	now := movie.Picture{Image: f.Picture, NewRow: f.Index == 0, Caption: s.caption(f)}
	if s.fps == 0 {
		return writer.Add(now)
	}
	at := s.seconds + f.Time/s.speed
	if s.waiting != nil {
		s.waiting.Until = at
		if err := writer.Add(*s.waiting); err != nil {
			return err
		}
	}
	s.waiting = &now
	if f.Index < f.Take.Frames-1 {
		return nil
	}
	now.Until, s.waiting, s.seconds = at+hold, nil, at+hold
	return writer.Add(now)
}

// caption describes a picture, the least important part first.
func (s *shot) caption(f physics.Frame) []string {
	return []string{s.task, fmt.Sprintf("episode %d", f.Take.Episode), "return " + run.Figure(algo.Number(f.Take.Return)),
		fmt.Sprintf("%.2f s", f.Time)}
}

// showShot prints a description of the movie.
func (p *program) showShot(s *scene, shot *shot, by string) error {
	if p.json {
		p.printJSON(s.described(shot, by))
		return nil
	}
	source := s.acting
	if s.run != "" {
		source = fmt.Sprintf("checkpoint %06d, %s", s.checkpoint, s.acting)
	}
	p.printf("%s, %s, seed %d\n", s.world.Task().Name, source, s.seed)
	for _, t := range shot.takes {
		p.printf("episode %d: return %s, %s steps, %.2f s", t.Episode, run.Figure(algo.Number(t.Return)), run.Thousands(t.Samples),
			float64(t.Samples)*s.world.Task().Dt())
		switch {
		case t.Success == 1:
			p.printf(", success")
		case t.Success == 0:
			p.printf(", no success")
		}
		if t.Terminated {
			p.printf(", terminated")
		}
		p.printf("\n")
	}
	p.printf("%d pictures of %d × %d drawn by %s", shot.frames, shot.options.Width, shot.options.Height, by)
	if shot.fps > 0 {
		p.printf(", %.1f s", shot.seconds)
		if movie.Format(shot.out.Path) == ".gif" && shot.fps > movie.MostFPS {
			p.printf(", of which a GIF shows %d a second", movie.MostFPS)
		}
		if math.Abs(shot.speed-1) > 0.005 {
			p.printf(" at %.2g times the world's speed", shot.speed)
		}
	}
	p.printf("\nwritten to %s\n", shot.out.Path)
	return nil
}

// described is the result for programs.
func (s *scene) described(shot *shot, by string) map[string]any {
	episodes := []map[string]any{}
	for _, t := range shot.takes {
		episodes = append(episodes, map[string]any{"episode": t.Episode, "return": algo.Number(t.Return), "decisions": t.Decisions,
			"steps": t.Samples, "success": algo.Number(t.Success), "terminated": t.Terminated, "frames": t.Frames})
	}
	result := map[string]any{"file": shot.out.Path, "task": s.world.Task().Name, "action": s.acting, "seed": s.seed, "frames": shot.frames,
		"width": shot.options.Width, "height": shot.options.Height, "drawn_by": by, "episodes": episodes}
	if s.run != "" {
		result["run"], result["checkpoint"] = s.run, s.checkpoint
	}
	if shot.fps > 0 {
		result["fps"], result["seconds"], result["speed"] = shot.fps, shot.seconds, shot.speed
	}
	return result
}
