// Package visible measures how much of what happens next can be seen in a task's observation.
//
// It fits small networks to random episodes, as training fits its model: one is given the observation and
// the action, another the last steps before them too. What neither explains on episodes that were held out
// is noise, or too hard for a small fit. What the second explains and the first does not is there, but the
// observation hides it: a velocity, a delay, the action before. What the first loses when it learns from images of its
// rows, too, tells of a symmetry that is none.
package visible
