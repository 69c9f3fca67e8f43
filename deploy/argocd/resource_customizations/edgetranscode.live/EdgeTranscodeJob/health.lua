-- The health of an EdgeTranscodeJob, for Argo CD. Without it, Argo CD shows each object as healthy at once.
local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local ready = conditions.Ready
if ready == nil or status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "waiting for an observation of this generation" }
end
-- A suspended one is Healthy, too: a wave of a sync would wait for the health Suspended for ever.
if ready.status == "True" then
  return { status = "Healthy", message = ready.message }
end
if ready.status == "False" and (conditions.Reconciling == nil or conditions.Stalled ~= nil) then
  return { status = "Degraded", message = ready.message }
end
return { status = "Progressing", message = ready.message }
