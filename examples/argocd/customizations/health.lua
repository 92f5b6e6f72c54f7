-- The health of a FlashpointFeed. It follows kstatus, which Flux and Helm use, and adds Argo CD's own state for what is suspended.
local status = obj.status
if status == nil or status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "Waiting for the operator to see this version of the feed" }
end

local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end
local ready, reconciling, stalled = conditions.Ready, conditions.Reconciling, conditions.Stalled

local function is_true(condition)
  return condition ~= nil and condition.status == "True"
end

if is_true(stalled) then
  return { status = "Degraded", message = stalled.message }
end
if is_true(reconciling) then
  return { status = "Progressing", message = reconciling.message }
end
if is_true(ready) and ready.reason == "Suspended" then
  return { status = "Suspended", message = ready.message }
end
if is_true(ready) then
  return { status = "Healthy", message = ready.message }
end
return { status = "Progressing", message = ready ~= nil and ready.message or "Waiting for the first sync" }
