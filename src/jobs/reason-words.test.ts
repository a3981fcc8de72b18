import { expect, test } from "vitest";
import { reasonInWords, remedyFor } from "./reason-words.ts";

test("reasons are told in words", () => {
  expect(reasonInWords("Resources")).toBe("waiting for nodes, CPUs, memory or GPUs to become free");
  expect(reasonInWords("launch failed requeued held")).toMatch(/^held after it could not be launched/);
});

test("detail behind a reason is kept", () => {
  expect(reasonInWords("ReqNodeNotAvail, UnavailableNodes:cpu-[0-1]")).toBe(
    "nodes that it asks for are down, drained or reserved (UnavailableNodes:cpu-[0-1])",
  );
});

test("a reason that is a sentence with commas is told whole, with its remedy", () => {
  const drained = "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions";
  const told = "nodes that it needs are down, drained, or reserved for jobs of a partition of higher priority";
  expect([drained, drained.replaceAll(" ", "_")].map(reasonInWords)).toEqual([told, told]);
  expect(remedyFor(drained)).toMatch(/^ask for other nodes/);
});

test("a limit names whose it is, and its code", () => {
  expect(reasonInWords("QOSMaxJobsPerUserLimit")).toBe("it exceeds its QOS's limit (QOSMaxJobsPerUserLimit)");
  expect(reasonInWords("AssocGrpCpuLimit")).toContain("its account");
});

/** As the library of Slurm 22.05.8 has them, but for those of one common word. */
const codes = `
  PartitionNodeLimit PartitionTimeLimit PartitionDown PartitionInactive JobHeldAdmin JobHeldUser BeginTime
  AssociationJobLimit AssociationResourceLimit AssociationTimeLimit ReqNodeNotAvail FrontEndDown SchedDefer
  NodeDown BadConstraints SystemFailure JobLaunchFailure NonZeroExitCode InvalidAccount InvalidQOS
  QOSUsageThreshold QOSJobLimit QOSResourceLimit QOSTimeLimit BlockMaxError BlockFreeAction Cleaning QOSNotAllowed
  AccountNotAllowed DependencyNeverSatisfied QOSGrpCpuLimit QOSGrpCPUMinutesLimit QOSGrpCPURunMinutesLimit
  QOSGrpJobsLimit QOSGrpMemLimit QOSGrpNodeLimit QOSGrpSubmitJobsLimit QOSGrpWallLimit QOSMaxCpuPerJobLimit
  QOSMaxCpuMinutesPerJobLimit QOSMaxNodePerJobLimit QOSMaxWallDurationPerJobLimit QOSMaxCpuPerUserLimit
  QOSMaxJobsPerUserLimit QOSMaxNodePerUserLimit QOSMaxSubmitJobPerUserLimit QOSMinCpuNotSatisfied AssocGrpCpuLimit
  AssocGrpCPUMinutesLimit AssocGrpCPURunMinutesLimit AssocGrpJobsLimit AssocGrpMemLimit AssocGrpNodeLimit
  AssocGrpSubmitJobsLimit AssocGrpWallLimit AssocMaxJobsLimit AssocMaxCpuPerJobLimit AssocMaxCpuMinutesPerJobLimit
  AssocMaxNodePerJobLimit AssocMaxSubmitJobLimit JobHoldMaxRequeue JobArrayTaskLimit BurstBufferResources
  BurstBufferStageIn BurstBufferOperation PowerNotAvail PowerReserved AssocGrpUnknown AssocGrpUnknownMinutes
  AssocGrpUnknownRunMinutes AssocMaxUnknownPerJob AssocMaxUnknownPerNode AssocMaxUnknownMinutesPerJob
  AssocMaxCpuPerNode AssocGrpMemMinutes AssocGrpMemRunMinutes AssocMaxMemPerJob AssocMaxMemPerNode
  AssocMaxMemMinutesPerJob AssocGrpNodeMinutes AssocGrpNodeRunMinutes AssocMaxNodeMinutesPerJob AssocGrpEnergy
  AssocGrpEnergyMinutes AssocGrpEnergyRunMinutes AssocMaxEnergyPerJob AssocMaxEnergyPerNode
  AssocMaxEnergyMinutesPerJob AssocGrpGRES AssocGrpGRESMinutes AssocGrpGRESRunMinutes AssocMaxGRESPerJob
  AssocMaxGRESPerNode AssocMaxGRESMinutesPerJob AssocGrpLicense AssocGrpLicenseMinutes AssocGrpLicenseRunMinutes
  AssocMaxLicensePerJob AssocMaxLicenseMinutesPerJob AssocGrpBB AssocGrpBBMinutes AssocGrpBBRunMinutes
  AssocMaxBBPerJob AssocMaxBBPerNode AssocMaxBBMinutesPerJob QOSGrpUnknown QOSGrpUnknownMinutes
  QOSGrpUnknownRunMinutes QOSMaxUnknownPerJob QOSMaxUnknownPerNode QOSMaxUnknownPerUser QOSMaxUnknownMinutesPerJob
  QOSMinUnknown QOSMaxCpuPerNode QOSGrpMemoryMinutes QOSGrpMemoryRunMinutes QOSMaxMemoryPerJob QOSMaxMemoryPerNode
  QOSMaxMemoryPerUser QOSMaxMemoryMinutesPerJob QOSMinMemory QOSGrpNodeMinutes QOSGrpNodeRunMinutes
  QOSMaxNodeMinutesPerJob QOSMinNode QOSGrpEnergy QOSGrpEnergyMinutes QOSGrpEnergyRunMinutes QOSMaxEnergyPerJob
  QOSMaxEnergyPerNode QOSMaxEnergyPerUser QOSMaxEnergyMinutesPerJob QOSMinEnergy QOSGrpGRES QOSGrpGRESMinutes
  QOSGrpGRESRunMinutes QOSMaxGRESPerJob QOSMaxGRESPerNode QOSMaxGRESPerUser QOSMaxGRESMinutesPerJob QOSMinGRES
  QOSGrpLicense QOSGrpLicenseMinutes QOSGrpLicenseRunMinutes QOSMaxLicensePerJob QOSMaxLicensePerUser
  QOSMaxLicenseMinutesPerJob QOSMinLicense QOSGrpBB QOSGrpBBMinutes QOSGrpBBRunMinutes QOSMaxBBPerJob
  QOSMaxBBPerNode QOSMaxBBPerUser ReservationDeleted QOSMinBB DeadLine MaxBBPerAccount MaxCpuPerAccount
  MaxEnergyPerAccount MaxGRESPerAccount MaxNodePerAccount MaxLicensePerAccount MaxMemoryPerAccount
  MaxUnknownPerAccount MaxJobsPerAccount MaxSubmitJobsPerAccount PartitionConfig AccountingPolicy FedJobLock
  OutOfMemory MaxMemPerLimit AssocGrpBilling AssocGrpBillingMinutes
`;

test("every reason of Slurm's is told in words", () => {
  const words = codes.trim().split(/\s+/);
  expect(words.filter((code) => reasonInWords(code) === code)).toEqual([]);
  expect(words.length).toBeGreaterThan(150);
});

test("an unknown reason is shown as it is", () => {
  expect(reasonInWords("SomethingNew")).toBe("SomethingNew");
});
