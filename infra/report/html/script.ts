/** Filters the rollouts by the chosen outcome and task. The whole of the page's JavaScript. */
export const SCRIPT = `
const form = document.getElementById('filters');
if (form) {
  const articles = [...document.querySelectorAll('article[data-outcome]')];
  const apply = () => {
    const { outcome, task } = Object.fromEntries(new FormData(form));
    let shown = 0;
    for (const article of articles) {
      const { dataset } = article;
      article.hidden = (outcome !== 'all' && dataset.outcome !== outcome) || (task !== 'all' && dataset.task !== task);
      if (!article.hidden) shown++;
    }
    document.getElementById('shown').value = shown + ' of ' + articles.length + ' rollouts';
  };
  form.addEventListener('change', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  apply();
}
`;
